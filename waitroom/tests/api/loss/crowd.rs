//! Thousands in one line, over HTTP and through every replica, without a browser each.

use std::collections::HashMap;

use futures::StreamExt as _;
use reqwest::{Client, Method};
use serde_json::Value;

use crate::support::{DROP, Room};

/// How many of them ask at the same time.
const AT_ONCE: usize = 64;

/// Somebody in the line.
#[derive(Clone, Debug)]
pub struct Member {
    /// The newest place token.
    pub token: String,
    /// The place that they joined with.
    pub place: String,
    /// The score that they were told when they joined.
    pub score: u64,
}

/// Those in the line, in the order of their scores.
pub struct Crowd {
    client: Client,
    urls: Vec<String>,
    pub members: Vec<Member>,
}

impl Crowd {
    /// So many join the open drop, through all replicas.
    pub async fn join(room: &Room, count: usize) -> Self {
        let _already_installed = rustls::crypto::ring::default_provider().install_default();
        let mut crowd = Self {
            client: Client::builder().no_proxy().build().unwrap(),
            urls: Vec::new(),
            members: Vec::new(),
        };
        crowd.go_to(room);
        let path = format!("/v1/drops/{DROP}/places");
        let joining = (0..count).map(|number| crowd.send(number, Method::POST, &path, None));
        let joined: Vec<(u16, Value)> = futures::stream::iter(joining).buffered(AT_ONCE).collect().await;
        crowd.members = joined
            .into_iter()
            .map(|(status, place)| {
                assert_eq!(status, 201, "{place}");
                let text = |field: &str| place[field].as_str().unwrap_or_default().to_owned();
                Member {
                    token: text("place_token"),
                    place: text("place_id"),
                    score: text("score").parse().unwrap(),
                }
            })
            .collect();
        crowd.members.sort_by_key(|member| member.score);
        crowd
    }

    /// From now on they ask these replicas.
    pub fn go_to(&mut self, room: &Room) {
        self.urls = room.replicas.iter().map(shared::service::Running::url).collect();
    }

    /// These look at their places, all at once, and keep the new tokens.
    pub async fn look(&mut self, who: impl IntoIterator<Item = usize>) -> HashMap<usize, Value> {
        let who: Vec<usize> = who.into_iter().collect();
        let looking = who.iter().map(|number| self.me(*number, Method::GET, ""));
        let looked: Vec<(u16, Value)> = futures::stream::iter(looking).buffered(AT_ONCE).collect().await;
        let mut places = HashMap::new();
        for (number, (status, place)) in who.into_iter().zip(looked) {
            assert_eq!(status, 200, "{place}");
            if let Some(token) = place["place_token"].as_str() {
                token.clone_into(&mut self.members[number].token);
            }
            places.insert(number, place);
        }
        places
    }

    /// These pick up their admissions: their tokens.
    pub async fn claim(&self, who: impl IntoIterator<Item = usize>) -> Vec<String> {
        let claiming = who.into_iter().map(|number| self.me(number, Method::POST, "/admission"));
        let claimed: Vec<(u16, Value)> = futures::stream::iter(claiming).buffered(AT_ONCE).collect().await;
        let tokens = claimed.into_iter().map(|(status, admission)| {
            assert_eq!(status, 200, "{admission}");
            admission["admission_token"].as_str().unwrap().to_owned()
        });
        tokens.collect()
    }

    /// These leave.
    pub async fn leave(&self, who: impl IntoIterator<Item = usize>) {
        for number in who {
            let (status, answer) = self.me(number, Method::DELETE, "").await;
            assert_eq!(status, 204, "{answer}");
        }
    }

    /// The holder of this admission is done shopping.
    pub async fn end(&self, admission: &str) {
        let path = format!("/v1/drops/{DROP}/admission/end");
        let (status, answer) = self.send(0, Method::POST, &path, Some(admission)).await;
        assert_eq!(status, 204, "{answer}");
    }

    /// The public status, as this replica gives it.
    pub async fn status(&self, replica: usize) -> Value {
        self.send(replica, Method::GET, &format!("/v1/drops/{DROP}"), None).await.1
    }

    async fn me(&self, number: usize, method: Method, rest: &str) -> (u16, Value) {
        let path = format!("/v1/drops/{DROP}/places/me{rest}");
        self.send(number, method, &path, Some(&self.members[number].token)).await
    }

    /// Through the replica that is this number's turn.
    async fn send(&self, number: usize, method: Method, path: &str, token: Option<&str>) -> (u16, Value) {
        let url = format!("{}{path}", self.urls[number % self.urls.len()]);
        let mut request = self.client.request(method, url).header("Sec-Fetch-Site", "same-origin");
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await.expect("an answer");
        let status = response.status().as_u16();
        (status, serde_json::from_str(&response.text().await.expect("a body")).unwrap_or_default())
    }
}
