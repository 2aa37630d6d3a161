//! Proof after the fact: reads Postgres, Redis and the sandbox gateway's books and looks for what must never be.
