//! A small server that answers as Stripe documents it, with books of its own, and that fails as it is told.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use booking::gateway::signature::WebhookSecret;
use http::{Method, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};

pub const SECRET_KEY: &str = "sk_test_of_nobody";
pub const WEBHOOK_SECRET: &str = "whsec_of_nobody";

/// What goes wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is done, and the connection breaks off.
    LostAnswer,
    /// It is done, and answered 500, now and whenever the key is used again.
    ErrorAfter,
    /// It is not done, and answered 500, now and whenever the key is used again.
    ErrorInstead,
    /// Too many requests: not done.
    Limited,
    /// Not done, 503.
    Down,
    /// It is done late.
    Slow(Duration),
}

type Form = BTreeMap<String, String>;

#[derive(Default)]
struct Books {
    intents: BTreeMap<String, Value>,
    refunds: Vec<Value>,
    keys: HashMap<String, (Form, u16, Value)>,
    faults: Vec<(String, Fault)>,
    calls: Vec<String>,
}

/// The server. It ends with the test.
#[derive(Clone)]
pub struct Stripe {
    books: Arc<Mutex<Books>>,
    pub url: String,
}

impl Stripe {
    /// A server on a free port.
    pub async fn open() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let stripe = Self { books: Arc::default(), url };
        let routes = Router::new().fallback(answer).with_state(stripe.clone());
        tokio::spawn(async { axum::serve(listener, routes).await.unwrap() });
        stripe
    }

    /// The next call whose method and path end like this goes wrong.
    pub fn fail(&self, call: &str, fault: Fault) {
        self.books.lock().unwrap().faults.push((call.to_owned(), fault));
    }

    /// The buyer shows the bank who they are, or fails to.
    pub fn authenticate(&self, intent: &str, succeeds: bool) {
        let mut books = self.books.lock().unwrap();
        let intent = books.intents.get_mut(intent).unwrap();
        assert_eq!(intent["status"], "requires_action");
        if succeeds {
            hold(intent);
        } else {
            intent["status"] = "requires_payment_method".into();
            intent["last_payment_error"] = json!({"code": "payment_intent_authentication_failure"});
        }
    }

    /// A day later.
    pub fn forget_keys(&self) {
        self.books.lock().unwrap().keys.clear();
    }

    /// The intents' statuses, sorted.
    pub fn statuses(&self) -> Vec<String> {
        let books = self.books.lock().unwrap();
        let mut statuses: Vec<String> =
            books.intents.values().map(|intent| intent["status"].as_str().unwrap().to_owned()).collect();
        statuses.sort();
        statuses
    }

    /// The intents.
    pub fn intents(&self) -> Vec<Value> {
        self.books.lock().unwrap().intents.values().cloned().collect()
    }

    /// How much was given back, refund by refund.
    pub fn refunds(&self) -> Vec<i64> {
        let books = self.books.lock().unwrap();
        books.refunds.iter().map(|refund| refund["amount"].as_i64().unwrap()).collect()
    }

    /// How often something was called.
    pub fn calls(&self, ending: &str) -> usize {
        self.books.lock().unwrap().calls.iter().filter(|call| call.ends_with(ending)).count()
    }

    /// A signed event about an intent: the body and its signature.
    pub fn event(id: &str, kind: &str, intent: &Value, now: Timestamp) -> (Vec<u8>, String) {
        let event = json!({"id": id, "object": "event", "type": kind, "data": {"object": intent}});
        let body = event.to_string().into_bytes();
        let signature = WebhookSecret::new(WEBHOOK_SECRET.as_bytes()).sign(&body, now);
        (body, signature)
    }
}

/// Answers a call, once a key.
async fn answer(State(stripe): State<Stripe>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 100_000).await.unwrap();
    if parts.headers.get("Authorization").is_none_or(|key| key != &format!("Bearer {SECRET_KEY}")) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let call = format!("{} {}", parts.method, parts.uri.path());
    let fault = stripe.fault(&call);
    match fault {
        Some(Fault::Slow(span)) => tokio::time::sleep(span).await,
        Some(Fault::Down) => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Some(Fault::Limited) => return reply(429, &error("rate_limit_error", "rate_limit")),
        _ => {}
    }
    let form = form(if parts.method == Method::GET {
        parts.uri.query().unwrap_or_default().as_bytes()
    } else {
        &body
    });
    let key = parts.headers.get("Idempotency-Key").map(|key| key.to_str().unwrap().to_owned());
    let (status, body, is_replayed) = stripe.once(&call, &form, key, fault);
    if fault == Some(Fault::LostAnswer) {
        let broken = futures::stream::once(async { Err::<Bytes, _>(std::io::Error::other("lost")) });
        return Response::new(Body::from_stream(broken));
    }
    let mut response = reply(status, &body);
    if is_replayed {
        response.headers_mut().insert("Idempotent-Replayed", "true".parse().unwrap());
    }
    response
}

fn form(bytes: &[u8]) -> Form {
    url::form_urlencoded::parse(bytes).into_owned().collect()
}

fn reply(status: u16, body: &Value) -> Response {
    (StatusCode::from_u16(status).unwrap(), axum::Json(body)).into_response()
}

fn error(kind: &str, code: &str) -> Value {
    json!({"error": {"type": kind, "code": code, "message": "what a person would read"}})
}

fn refusal(code: &str) -> (u16, Value) {
    (400, error("invalid_request_error", code))
}

impl Stripe {
    fn fault(&self, call: &str) -> Option<Fault> {
        let mut books = self.books.lock().unwrap();
        books.calls.push(call.to_owned());
        let index = books.faults.iter().position(|(ending, _)| call.ends_with(ending))?;
        Some(books.faults.remove(index).1)
    }

    fn once(&self, call: &str, form: &Form, key: Option<String>, fault: Option<Fault>) -> (u16, Value, bool) {
        let mut books = self.books.lock().unwrap();
        if let Some((before, status, body)) = key.as_ref().and_then(|key| books.keys.get(key)) {
            if before != form {
                return (400, error("idempotency_error", ""), false);
            }
            return (*status, body.clone(), true);
        }
        let failure = (500, error("api_error", ""));
        let (status, body) = match fault {
            Some(Fault::ErrorInstead) => failure,
            Some(Fault::ErrorAfter) => {
                books.act(call, form);
                failure
            }
            _ => books.act(call, form),
        };
        if let Some(key) = key {
            books.keys.insert(key, (form.clone(), status, body.clone()));
        }
        (status, body, false)
    }
}

impl Books {
    fn act(&mut self, call: &str, form: &Form) -> (u16, Value) {
        let (method, path) = call.split_once(' ').unwrap();
        let parts: Vec<&str> = path.trim_start_matches("/v1/").split('/').collect();
        match (method, parts.as_slice()) {
            ("POST", ["payment_intents"]) => self.make(form),
            ("GET", ["payment_intents"]) => (200, self.list(form)),
            ("GET", ["payment_intents", "search"]) => {
                let found: Vec<&Value> = self
                    .intents
                    .values()
                    .filter(|intent| {
                        form["query"].contains(intent["metadata"]["payment_id"].as_str().unwrap())
                    })
                    .collect();
                (200, json!({"object": "search_result", "data": found, "has_more": false}))
            }
            ("POST", ["refunds"]) => self.refund(form),
            ("GET", ["refunds"]) => {
                let of = |refund: &&Value| refund["payment_intent"] == form["payment_intent"];
                let found: Vec<&Value> = self.refunds.iter().filter(of).collect();
                (200, json!({"object": "list", "data": found, "has_more": false}))
            }
            (_, ["payment_intents", id, verb @ ..]) => match self.intents.get_mut(*id) {
                None => (404, error("invalid_request_error", "resource_missing")),
                Some(intent) => match (method, verb) {
                    ("GET", []) => (200, intent.clone()),
                    ("POST", []) => {
                        write_metadata(intent, form);
                        (200, intent.clone())
                    }
                    ("POST", ["confirm"]) => confirm(intent, form),
                    ("POST", ["capture"]) => capture(intent, form),
                    ("POST", ["cancel"]) => cancel(intent),
                    _ => (404, error("invalid_request_error", "")),
                },
            },
            _ => (404, error("invalid_request_error", "")),
        }
    }

    fn make(&mut self, form: &Form) -> (u16, Value) {
        assert_eq!(form["capture_method"], "manual");
        let id = format!("pi_{:04}", self.intents.len() + 1);
        let mut intent = json!({
            "id": id, "object": "payment_intent", "status": "requires_payment_method",
            "amount": form["amount"].parse::<i64>().unwrap(), "amount_received": 0, "currency": form["currency"],
            "created": 1_800_000_000 + self.intents.len() / 2, "client_secret": format!("{id}_secret_abc"),
            "last_payment_error": null, "latest_charge": null, "metadata": {}, "livemode": false,
        });
        write_metadata(&mut intent, form);
        self.intents.insert(id, intent.clone());
        (200, intent)
    }

    fn list(&self, form: &Form) -> Value {
        let second = |name: &str| form[name].parse::<i64>().unwrap();
        let within = |created: i64| created >= second("created[gte]") && created < second("created[lt]");
        // Newest first, as Stripe lists.
        let found = self.intents.values().rev().filter(|intent| within(intent["created"].as_i64().unwrap()));
        let after = form.get("starting_after");
        let rest: Vec<Value> = match after {
            Some(after) => found.skip_while(|intent| intent["id"] != **after).skip(1).cloned().collect(),
            None => found.cloned().collect(),
        };
        let limit: usize = form["limit"].parse().unwrap();
        let has_more = rest.len() > limit;
        let page: Vec<Value> = rest.into_iter().take(limit).map(|intent| self.expanded(intent)).collect();
        json!({"object": "list", "data": page, "has_more": has_more})
    }

    fn expanded(&self, mut intent: Value) -> Value {
        if let Some(charge) = intent["latest_charge"].as_str() {
            let of = |refund: &&Value| refund["payment_intent"] == intent["id"];
            let refunded: i64 =
                self.refunds.iter().filter(of).map(|refund| refund["amount"].as_i64().unwrap()).sum();
            intent["latest_charge"] = json!({"id": charge, "object": "charge", "amount_refunded": refunded});
        }
        intent
    }

    fn refund(&mut self, form: &Form) -> (u16, Value) {
        let amount: i64 = form["amount"].parse().unwrap();
        let intent = &self.intents[&form["payment_intent"]];
        let of = |refund: &&Value| refund["payment_intent"] == form["payment_intent"];
        let before: i64 =
            self.refunds.iter().filter(of).map(|refund| refund["amount"].as_i64().unwrap()).sum();
        if before + amount > intent["amount_received"].as_i64().unwrap() {
            return refusal("charge_already_refunded");
        }
        let mut refund = json!({
            "id": format!("re_{}", self.refunds.len()), "object": "refund", "amount": amount,
            "payment_intent": form["payment_intent"], "status": "succeeded", "metadata": {},
        });
        write_metadata(&mut refund, form);
        self.refunds.push(refund.clone());
        (200, refund)
    }
}

fn write_metadata(object: &mut Value, form: &Form) {
    for (name, value) in form {
        if let Some(name) = name.strip_prefix("metadata[") {
            object["metadata"][name.trim_end_matches(']')] = value.as_str().into();
        }
    }
}

fn hold(intent: &mut Value) {
    intent["status"] = "requires_capture".into();
    intent["last_payment_error"] = Value::Null;
    intent["latest_charge"] = format!("ch_{}", intent["id"].as_str().unwrap()).into();
}

fn confirm(intent: &mut Value, form: &Form) -> (u16, Value) {
    if intent["status"] != "requires_payment_method" {
        return refusal("payment_intent_unexpected_state");
    }
    let declined = match form["payment_method"].as_str() {
        "pm_card_visa" => {
            hold(intent);
            return (200, intent.clone());
        }
        "pm_card_authenticationRequired" => {
            intent["status"] = "requires_action".into();
            return (200, intent.clone());
        }
        "pm_card_chargeDeclined" => "generic_decline",
        "pm_card_chargeDeclinedInsufficientFunds" => "insufficient_funds",
        _ => {
            let mut missing = error("invalid_request_error", "resource_missing");
            missing["error"]["param"] = "payment_method".into();
            return (400, missing);
        }
    };
    intent["last_payment_error"] = json!({"code": "card_declined", "decline_code": declined});
    intent["latest_charge"] = "ch_failed".into();
    let mut error = error("card_error", "card_declined");
    error["error"]["decline_code"] = declined.into();
    (402, error)
}

fn capture(intent: &mut Value, form: &Form) -> (u16, Value) {
    if intent["status"] != "requires_capture" {
        return refusal("payment_intent_unexpected_state");
    }
    intent["status"] = "succeeded".into();
    intent["amount_received"] = form["amount_to_capture"].parse::<i64>().unwrap().into();
    (200, intent.clone())
}

fn cancel(intent: &mut Value) -> (u16, Value) {
    if ["succeeded", "canceled"].contains(&intent["status"].as_str().unwrap()) {
        return refusal("payment_intent_unexpected_state");
    }
    intent["status"] = "canceled".into();
    (200, intent.clone())
}
