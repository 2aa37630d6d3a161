//! The interface as it describes itself.

use crate::support::Room;

#[tokio::test]
async fn the_openapi_document_names_every_route_and_its_answers() {
    let room = Room::new().await;
    let document = room.get("/openapi.json").await.expect(200);
    assert!(document.text("openapi").starts_with("3.1"));
    let routes = [
        ("/v1/drops", &["get"][..]),
        ("/v1/drops/{drop}", &["get"]),
        ("/v1/drops/{drop}/draw", &["get"]),
        ("/v1/drops/{drop}/places", &["post"]),
        ("/v1/drops/{drop}/places/me", &["get", "delete"]),
        ("/v1/drops/{drop}/places/me/admission", &["post"]),
        ("/v1/drops/{drop}/places/me/support-code", &["post"]),
        ("/v1/drops/{drop}/places/me/moves", &["get", "post"]),
        ("/v1/drops/{drop}/places/moves/redeem", &["post"]),
        ("/v1/drops/{drop}/places/me/reminder", &["get", "put", "delete"]),
        ("/v1/drops/{drop}/admission/renewals", &["post"]),
        ("/v1/drops/{drop}/admission/end", &["post"]),
        ("/v1/admission-codes/redeem", &["post"]),
        ("/.well-known/jwks.json", &["get"]),
        ("/v1/operator/drops", &["get", "post"]),
        ("/v1/operator/drops/{drop}", &["get", "patch"]),
        ("/v1/operator/drops/{drop}/open", &["post"]),
        ("/v1/operator/drops/{drop}/pause", &["post"]),
        ("/v1/operator/drops/{drop}/resume", &["post"]),
        ("/v1/operator/drops/{drop}/close", &["post"]),
        ("/v1/operator/drops/{drop}/audit", &["get"]),
        ("/v1/operator/drops/{drop}/stats", &["get"]),
        ("/v1/operator/drops/{drop}/places/{support_code}", &["get"]),
    ];
    for (path, methods) in routes {
        for method in methods {
            let operation = &document["paths"][path][method];
            assert!(operation["summary"].is_string(), "{method} {path} has no summary");
            assert!(
                operation["responses"].as_object().is_some_and(|answers| !answers.is_empty()),
                "{method} {path}"
            );
        }
    }
    for schema in
        ["PlaceAnswer", "AdmissionAnswer", "DropStatus", "OperatorDrop", "NewDrop", "DropChange", "JwkSet"]
    {
        assert!(document["components"]["schemas"][schema].is_object(), "{schema} is not described");
    }
}

#[tokio::test]
async fn every_code_of_a_problem_has_its_page() {
    let room = Room::new().await;
    for code in ["not_your_turn", "turn_lapsed", "code_spent", "drop_not_open", "dependency_unavailable"] {
        room.get(&format!("/problems/{code}")).await.expect(200);
    }
}

#[tokio::test]
async fn a_page_of_another_site_cannot_act_with_a_visitors_cookies() {
    let room = Room::new().await;
    let cookie = room.device_cookie().await;
    let client = reqwest::Client::new();
    let request = client.post(format!("{}/v1/drops/other/places", room.url())).header("Cookie", cookie);
    let response = request.header("Sec-Fetch-Site", "cross-site").send().await.unwrap();
    assert_eq!(response.status().as_u16(), 403);
}
