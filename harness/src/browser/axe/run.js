// What axe finds on the page as it is shown now, a line a violation. `axe` was put into the page before.
const rules = { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] };
return axe.run(document, { runOnly: rules, resultTypes: ["violations"] }).then(({ violations, passes }) => {
  if (passes.length === 0) return ["axe found nothing to look at"];
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, html, any }) => {
      const why = any.map(({ message }) => message).join("; ");
      return `${id} (${help}) at ${target.join(" ")}: ${html.slice(0, 160)} ${why}`;
    }),
  );
});
