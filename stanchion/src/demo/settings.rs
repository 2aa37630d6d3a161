//! The demo's settings: the environment's, and over them what makes both services find each other and be quick to try.

use std::net::SocketAddr;

use shared::config::Vars;
use shared::service;
use url::Url;

use crate::data_dir::DataDir;
use crate::exit::Failure;
use crate::installation::Addresses;
use crate::stores::Stores;

/// The four ports, as the services' settings name them, and their defaults.
const LISTENERS: [(&str, u16); 4] = [
    ("WAITROOM_LISTEN", 8080),
    ("WAITROOM_ADMIN_LISTEN", 9080),
    ("BOOKING_LISTEN", 8081),
    ("BOOKING_ADMIN_LISTEN", 9081),
];
/// Hold, cool-down and claim of every drop made by `--fast`, in seconds.
const FAST: [(&str, &str); 3] =
    [("DROP_DEFAULT_HOLD_S", "10"), ("DROP_DEFAULT_COOLDOWN_S", "5"), ("DROP_DEFAULT_CLAIM_WINDOW_S", "10")];

/// Where mail is written in the data folder, where no other way is set, and whom it is from.
const MAIL_FOLDER: &str = "mail";
const MAIL_FROM: &str = "Stanchion <tickets@example.com>";

/// What the demo runs with.
#[derive(Debug)]
pub struct Settings {
    /// For both services, stores not yet named.
    pub vars: Vars,
    /// Where people find them.
    pub addresses: Addresses,
    /// An admin's token.
    pub operator_token: String,
    listeners: Vec<(&'static str, SocketAddr)>,
}

impl Settings {
    /// Reads the environment and the data folder's secrets.
    ///
    /// # Errors
    /// When a setting cannot be understood or a secret cannot be kept.
    pub fn read(mut vars: Vars, data: &DataDir, is_fast: bool) -> Result<Self, Failure> {
        let local = |port: u16| SocketAddr::from(([127, 0, 0, 1], port));
        let listeners: Vec<_> =
            LISTENERS.iter().map(|(name, port)| (*name, vars.parse(name, local(*port)))).collect();
        let waitroom = vars.parse("WAITROOM_PUBLIC_URL", at(listeners[0].1)?);
        let booking = vars.parse("BOOKING_PUBLIC_URL", at(listeners[2].1)?);
        vars.clone().finish().map_err(|mistakes| Failure::configuration(mistakes.to_string()))?;

        let operator_token = match vars.get("OPERATOR_BOOTSTRAP_TOKEN") {
            Some(token) => token.to_owned(),
            None => data.secret("operator.token")?,
        };
        let mut vars = vars
            .with_default("WAITROOM_SECRET", data.secret("waitroom.secret")?)
            .with_default("BOOKING_SECRET", data.secret("booking.secret")?)
            .with_default("RATE_LIMIT_PER_ADDRESS", "0")
            .with_default("RUST_LOG", "warn")
            .with("OPERATOR_BOOTSTRAP_TOKEN", &operator_token)
            .with("WAITROOM_PUBLIC_URL", waitroom.as_str())
            .with("BOOKING_PUBLIC_URL", booking.as_str());
        if vars.get("MAIL_URL").is_none() {
            let folder = Url::from_directory_path(data.path().join(MAIL_FOLDER))
                .map_err(|()| Failure::configuration("the data folder has no absolute path".to_owned()))?;
            vars = vars.with("MAIL_URL", folder.as_str()).with_default("MAIL_FROM", MAIL_FROM);
        }
        if is_fast {
            vars = FAST.iter().fold(vars, |vars, (name, value)| vars.with(name, *value));
        }
        Ok(Self { vars, addresses: Addresses { waitroom, booking }, operator_token, listeners })
    }

    /// Looks at all ports before anything is started, so that a busy one costs nobody a minute.
    ///
    /// # Errors
    /// When one cannot be had.
    pub async fn check_that_ports_are_free(&self) -> Result<(), Failure> {
        for (name, address) in &self.listeners {
            service::bind(name, *address).await.map_err(|error| Failure::configuration(error.to_string()))?;
        }
        Ok(())
    }

    /// With the stores named.
    pub fn for_services(&self, stores: &Stores) -> Vars {
        self.vars.clone().with("REDIS_URL", stores.redis_url()).with("DATABASE_URL", stores.database_url())
    }
}

fn at(address: SocketAddr) -> Result<Url, Failure> {
    Ok(Url::parse(&format!("http://{address}")).map_err(anyhow::Error::new)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(vars: Vars, is_fast: bool) -> Result<Settings, Failure> {
        let folder = tempfile::tempdir().unwrap();
        Settings::read(vars, &DataDir::own(folder.path())?, is_fast)
    }

    #[test]
    fn the_services_find_each_other_at_the_ports_they_listen_on() {
        let settings = read(Vars::default().with("WAITROOM_LISTEN", "127.0.0.1:7001"), false).unwrap();
        assert_eq!(settings.addresses.waitroom.as_str(), "http://127.0.0.1:7001/");
        assert_eq!(settings.vars.get("WAITROOM_PUBLIC_URL"), Some("http://127.0.0.1:7001/"));
        assert_eq!(settings.addresses.booking.as_str(), "http://127.0.0.1:8081/");
    }

    #[test]
    fn a_configured_token_and_secret_are_kept() {
        let vars =
            Vars::default().with("OPERATOR_BOOTSTRAP_TOKEN", "mine").with("BOOKING_SECRET", "also mine");
        let settings = read(vars, false).unwrap();
        assert_eq!(settings.operator_token, "mine");
        assert_eq!(settings.vars.get("BOOKING_SECRET"), Some("also mine"));
        assert_eq!(settings.vars.get("WAITROOM_SECRET").map(str::len), Some(64));
    }

    #[test]
    fn mail_is_written_into_the_data_folder_where_no_server_is_configured() {
        let mail = read(Vars::default(), false).unwrap().vars;
        assert!(
            mail.get("MAIL_URL").is_some_and(|url| url.starts_with("file:///") && url.ends_with("/mail/"))
        );
        let own = Vars::default().with("MAIL_URL", "smtp://localhost").with("MAIL_FROM", "me@example.com");
        assert_eq!(read(own, false).unwrap().vars.get("MAIL_URL"), Some("smtp://localhost"));
    }

    #[test]
    fn fast_shortens_the_times_of_every_drop() {
        let vars = || Vars::default().with("DROP_DEFAULT_HOLD_S", "99");
        assert_eq!(read(vars(), true).unwrap().vars.get("DROP_DEFAULT_HOLD_S"), Some("10"));
        assert_eq!(read(vars(), false).unwrap().vars.get("DROP_DEFAULT_HOLD_S"), Some("99"));
    }

    #[test]
    fn a_listener_that_is_no_address_is_a_configuration_mistake() {
        let failure = read(Vars::default().with("BOOKING_LISTEN", "8081"), false).unwrap_err();
        assert!(failure.sentence().contains("BOOKING_LISTEN"), "{}", failure.sentence());
    }
}
