//! The address of a drop, as people copy it: its queue page or anything of its public API.

use shared::ids::DropSlug;
use url::Url;

/// A drop at a waiting room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DropAddress {
    /// Where the waiting room is, with a slash at the end.
    pub base: Url,
    /// The drop's name.
    pub drop: DropSlug,
}

/// `…/q/{drop}`, `…/q/{drop}/draw`, `…/v1/drops/{drop}` and what is below it.
///
/// # Errors
/// When the text is no such address.
pub fn parse(text: &str) -> Result<DropAddress, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("the address begins with http:// or https://".to_owned());
    }
    let path: Vec<&str> = url.path_segments().into_iter().flatten().filter(|part| !part.is_empty()).collect();
    let found = path.iter().enumerate().find_map(|(at, part)| match *part {
        "q" => Some((at, at + 1)),
        "v1" if path.get(at + 1) == Some(&"drops") => Some((at, at + 2)),
        _ => None,
    });
    let none = || "the address of a drop looks like https://wait.example/q/premiere".to_owned();
    let (prefix, drop) = found.ok_or_else(none)?;
    let drop = path.get(drop).ok_or_else(none)?;
    let drop = drop.parse().map_err(|error| format!("\"{drop}\": {error}"))?;
    let mut base = url.clone();
    base.set_query(None);
    base.set_fragment(None);
    let prefix = path[..prefix].iter().fold("/".to_owned(), |prefix, part| format!("{prefix}{part}/"));
    base.set_path(&prefix);
    Ok(DropAddress { base, drop })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_public_address_of_a_drop_names_it() {
        for address in [
            "https://wait.example/q/premiere",
            "https://wait.example/q/premiere?return_to=https%3A%2F%2Fshop.example#top",
            "https://wait.example/q/premiere/draw",
            "https://wait.example/v1/drops/premiere",
            "https://wait.example/v1/drops/premiere/draw/roster",
        ] {
            let found = parse(address).unwrap();
            assert_eq!((found.base.as_str(), found.drop.as_str()), ("https://wait.example/", "premiere"));
        }
        let below = parse("http://127.0.0.1:8080/line/q/premiere/").unwrap();
        assert_eq!(below.base.as_str(), "http://127.0.0.1:8080/line/");
    }

    #[test]
    fn anything_else_is_refused() {
        for address in [
            "premiere",
            "https://wait.example/",
            "https://wait.example/q/",
            "https://wait.example/q/No",
            "ftp://wait.example/q/premiere",
        ] {
            assert!(parse(address).is_err(), "{address}");
        }
    }
}
