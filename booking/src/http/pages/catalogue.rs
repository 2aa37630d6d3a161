//! What is on sale: everything, a drop, a movie.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use futures::future::join_all;
use http::StatusCode;
use http::header::{CACHE_CONTROL, HeaderValue};
use shared::http::PathOf;
use shared::ids::DropSlug;
use shared::pages::page;
use shared::problem::{Problem, codes};

use super::queue_url;
use super::view::{DayView, DropView, MovieRef, ShowView, by_day, readable};
use crate::app::AppState;
use crate::domain::catalogue::MovieDetails;
use crate::domain::ids::MovieId;
use crate::http::caller::Shopper;
use crate::http::error::found;
use crate::http::shows::ShowBody;
use crate::store::catalogue::{self, Filter, Page};

/// No page lists more shows.
const MAX_SHOWS: i64 = 200;

/// What everybody sees alike may be kept a moment by whatever stands between.
const PUBLIC: HeaderValue = HeaderValue::from_static("public, max-age=2");

/// Everything on sale.
#[derive(Template)]
#[template(path = "browse.html")]
struct BrowsePage {
    drops: Vec<DropView>,
    movies: Vec<MovieRef>,
}

/// The shows of a drop.
#[derive(Template)]
#[template(path = "drop.html")]
struct DropPage {
    drop: DropView,
    days: Vec<DayView>,
    is_admitted: bool,
}

/// A movie and its shows.
#[derive(Template)]
#[template(path = "movie.html")]
struct MoviePage {
    movie: MovieDetails,
    days: Vec<DayView>,
}

pub(super) async fn browse(State(app): State<AppState>) -> Result<Response, Problem> {
    let mut by_drop: BTreeMap<DropSlug, Vec<ShowView>> = BTreeMap::new();
    let shows = upcoming(&app, None).await?;
    let movies = movies(&shows);
    for show in shows {
        by_drop.entry(show.drop.clone()).or_default().push(show);
    }
    let mut drops: Vec<DropView> =
        by_drop.into_iter().map(|(slug, shows)| drop_view(&app, slug, shows)).collect();
    drops.sort_by_key(|drop| drop.shows.first().map(|show| show.starts_at));
    Ok(public(page(StatusCode::OK, &BrowsePage { drops, movies })))
}

pub(super) async fn drop(
    State(app): State<AppState>,
    PathOf(slug): PathOf<DropSlug>,
    shopper: Result<Shopper, Problem>,
) -> Result<Response, Problem> {
    let shows = upcoming(&app, Some(slug.clone())).await?;
    if shows.is_empty() {
        return Err(Problem::from(&codes::NOT_FOUND).detail("Nothing of this drop is on sale."));
    }
    let is_admitted = shopper.is_ok_and(|shopper| shopper.admission_to(&slug).is_ok());
    let days = by_day(shows.clone());
    Ok(page(StatusCode::OK, &DropPage { drop: drop_view(&app, slug, shows), days, is_admitted }))
}

pub(super) async fn movie(
    State(app): State<AppState>,
    PathOf(id): PathOf<MovieId>,
) -> Result<Response, Problem> {
    let movie = found(catalogue::movie(&app.pool, id).await)?.details;
    let mut shows = upcoming(&app, None).await?;
    shows.retain(|show| show.movie.id == id);
    Ok(public(page(StatusCode::OK, &MoviePage { movie, days: by_day(shows) })))
}

/// What is shown, each once, by title.
fn movies(shows: &[ShowView]) -> Vec<MovieRef> {
    let titles: BTreeMap<_, _> =
        shows.iter().map(|show| ((show.movie.title.as_str(), show.movie.id.0), &show.movie)).collect();
    titles.into_values().cloned().collect()
}

/// The shows that have not ended, of a drop or of all, the next one first.
async fn upcoming(app: &AppState, drop: Option<DropSlug>) -> Result<Vec<ShowView>, Problem> {
    let now = app.clock.now();
    let filter = Filter { drop, upcoming: Some(now), ..Filter::default() };
    let mut shows = catalogue::list_shows(&app.pool, &filter, Page { after: None, limit: MAX_SHOWS }).await?;
    shows.sort_by_key(|show| (show.starts_at, show.show_id));
    let counted = join_all(shows.into_iter().map(|show| ShowBody::read(&app.store, show))).await;
    let view = |body: ShowBody| {
        let queue_url = queue_url(app, &body.show.sold_by(), &format!("/shows/{}", body.show.show_id));
        ShowView::of(&body.show, body.available_seats, now, queue_url)
    };
    Ok(counted.into_iter().map(view).collect())
}

fn drop_view(app: &AppState, slug: DropSlug, shows: Vec<ShowView>) -> DropView {
    let queue_url = queue_url(app, &slug, &format!("/drops/{slug}"));
    DropView { name: readable(slug.as_str()), slug, shows, queue_url }
}

fn public(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, PUBLIC);
    response
}

#[cfg(test)]
mod tests {
    use super::super::view::samples;
    use super::*;

    fn sample_drop() -> DropView {
        DropView {
            slug: "midnight-premiere".parse().unwrap(),
            name: "Midnight premiere".to_owned(),
            shows: vec![
                samples::show(),
                ShowView { available: Some(0), ..samples::show() },
                ShowView { available: None, is_on_sale: false, cheapest: None, ..samples::show() },
            ],
            queue_url: "http://line.test/q/midnight-premiere".to_owned(),
        }
    }

    fn sample_movie() -> MovieDetails {
        MovieDetails {
            title: "The <Long> Night".to_owned(),
            description: "Nobody sleeps.".to_owned(),
            duration_minutes: 124,
            genre: "Drama".to_owned(),
            language: "en".to_owned(),
            release_date: None,
            rating: "12".to_owned(),
            cast: vec!["Ada".to_owned(), "Grace".to_owned()],
            keywords: vec![],
            poster_url: None,
        }
    }

    #[test]
    fn everything_on_sale_is_listed_by_drop() {
        let html =
            BrowsePage { movies: movies(&sample_drop().shows), drops: vec![sample_drop()] }.render().unwrap();
        samples::check(&html);
        for text in ["Midnight premiere", "12 seats left", "Sold out", "Not on sale", "from 12.50 EUR"] {
            assert!(html.contains(text), "{text} is missing in {html}");
        }
        assert_eq!(html.matches("href=\"/movies/").count(), 1, "each movie once: {html}");
        assert!(
            BrowsePage { drops: vec![], movies: vec![] }.render().unwrap().contains("Nothing is on sale")
        );
    }

    #[test]
    fn a_drop_sends_those_who_were_not_let_in_to_its_line() {
        let html = DropPage { drop: sample_drop(), days: by_day(sample_drop().shows), is_admitted: false }
            .render()
            .unwrap();
        samples::check(&html);
        assert!(html.contains("href=\"http://line.test/q/midnight-premiere\""));
        let html = DropPage { drop: sample_drop(), days: vec![], is_admitted: true }.render().unwrap();
        assert!(html.contains("You are in") && !html.contains("Join the line"));
    }

    #[test]
    fn a_movie_has_its_facts_and_its_shows() {
        let html = MoviePage { movie: sample_movie(), days: by_day(vec![samples::show()]) }.render().unwrap();
        samples::check(&html);
        assert!(html.contains("124 minutes") && html.contains("Ada, Grace"), "{html}");
        let html = MoviePage { movie: sample_movie(), days: vec![] }.render().unwrap();
        assert!(html.contains("No show is planned"));
    }
}
