// What does not fit a phone: a page that scrolls sideways, and targets that a thumb misses.
const problems = [];
const page = document.documentElement;
if (page.scrollWidth > page.clientWidth) problems.push(`the page is ${page.scrollWidth} px wide`);
const pressed =
  "button, .button, select, summary, input:not([type=hidden], [type=radio], .choice *), .choice, .site-header a, .site-footer a, .breadcrumb a";
for (const target of document.querySelectorAll(pressed)) {
  const { width, height } = target.getBoundingClientRect();
  const isShown = width > 0 && height > 0;
  if (isShown && height < 43.5) problems.push(`${target.outerHTML.slice(0, 120)} is ${height} px high`);
}
return problems;
