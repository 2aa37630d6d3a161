//! Operators: who may run drops and the catalogue, and how far.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use http::request::Parts;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;
use utoipa::ToSchema;

use crate::digest::sha256;
use crate::http::bearer;
use crate::problem::{Problem, codes};

/// What an operator may do. `gate` stands beside the others: it may only check in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// May only check tickets in.
    Gate,
    /// May look.
    Viewer,
    /// May run drops and the catalogue.
    Operator,
    /// May do everything, and name operators.
    Admin,
}

impl Role {
    /// Whether this role may do what needs `needed`.
    pub fn suffices_for(self, needed: Self) -> bool {
        let rank = |role| match role {
            Self::Gate => 0,
            Self::Viewer => 1,
            Self::Operator => 2,
            Self::Admin => 3,
        };
        match (self, needed) {
            (Self::Gate, needed) => needed == Self::Gate,
            (Self::Viewer, Self::Gate) => false,
            _ => rank(self) >= rank(needed),
        }
    }
}

/// An operator who has shown a valid token.
#[derive(Clone, Debug)]
pub struct Operator {
    /// Who, for the audit log.
    pub subject: String,
    /// How far.
    pub role: Role,
}

impl Operator {
    /// Goes on only where the role suffices.
    ///
    /// Errors: 403 `role_insufficient`.
    pub fn require(&self, needed: Role) -> Result<(), Problem> {
        if self.role.suffices_for(needed) { Ok(()) } else { Err(Problem::from(&codes::ROLE_INSUFFICIENT)) }
    }
}

/// What a service accepts as an operator's token.
#[derive(Clone, Default)]
pub struct OperatorAuth {
    bootstrap: Option<Arc<[u8; 32]>>,
}

impl OperatorAuth {
    /// Accepts the bootstrap token, an admin's, where one is configured. Only its digest is kept.
    pub fn new(bootstrap_token: Option<&str>) -> Self {
        Self { bootstrap: bootstrap_token.map(|token| Arc::new(sha256(token))) }
    }

    /// The operator who holds this token. Takes the same time for every wrong token.
    pub fn operator(&self, token: &str) -> Option<Operator> {
        let digest = sha256(token);
        let expected = self.bootstrap.as_deref()?;
        let same: bool = digest.ct_eq(expected).into();
        same.then(|| Operator { subject: "bootstrap".to_owned(), role: Role::Admin })
    }
}

impl<S> FromRequestParts<S> for Operator
where
    S: Send + Sync,
    OperatorAuth: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let token = bearer(&parts.headers)?;
        let operator = token.and_then(|token| OperatorAuth::from_ref(state).operator(token));
        operator.ok_or_else(|| Problem::from(&codes::OPERATOR_TOKEN_INVALID))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::sha256_hex;

    #[test]
    fn only_the_configured_token_is_an_operator() {
        let auth = OperatorAuth::new(Some("let me in"));
        assert!(auth.operator("let me in").is_some());
        assert!(auth.operator("let me out").is_none());
        assert!(OperatorAuth::default().operator("").is_none());
    }

    #[test]
    fn nothing_that_only_looks_like_the_token_is_an_operator() {
        let auth = OperatorAuth::new(Some("let me in"));
        let claims = "eyJzdWIiOiJyb290Iiwicm9sZSI6ImFkbWluIiwiZXhwIjo5OTk5OTk5OTk5fQ";
        for bad in [
            "",
            " ",
            "let me i",
            "let me in ",
            " let me in",
            "Let Me In",
            "let me in\0",
            "let me in.let me in",
            &sha256_hex("let me in"),
            // An operator's claims, unsigned, and signed with the token as a secret.
            &format!("eyJhbGciOiJub25lIiwidHlwIjoib3BlcmF0b3Irand0In0.{claims}."),
            &own_token("operator+jwt"),
        ] {
            assert!(auth.operator(bad).is_none(), "{bad:?}");
            assert!(OperatorAuth::new(None).operator(bad).is_none(), "{bad:?}, with no token configured");
        }
    }

    fn own_token(typ: &str) -> String {
        let claims = serde_json::json!({"sub": "root", "role": "admin", "exp": 9_999_999_999_i64});
        crate::token::OwnKey::new(sha256("let me in"), typ).sign(&claims)
    }

    #[test]
    fn the_gate_may_only_check_in() {
        assert!(Role::Gate.suffices_for(Role::Gate));
        assert!(!Role::Gate.suffices_for(Role::Viewer));
        assert!(Role::Operator.suffices_for(Role::Gate));
        assert!(!Role::Viewer.suffices_for(Role::Gate));
        assert!(Role::Admin.suffices_for(Role::Operator));
    }
}
