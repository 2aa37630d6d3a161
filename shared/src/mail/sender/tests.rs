use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;

use super::*;
use crate::config::Vars;

fn mailer(url: &str) -> Mailer {
    let _already_installed = rustls::crypto::ring::default_provider().install_default();
    let mut vars = Vars::default().with("MAIL_URL", url).with("MAIL_FROM", "Tickets <tickets@example.com>");
    Mailer::new(&MailSettings::from_vars(&mut vars).expect("the settings are right"))
}

fn mail(subject: &str) -> Mail {
    Mail {
        id: "reminder-7".to_owned(),
        to: "ann@example.org".parse().unwrap(),
        subject: subject.to_owned(),
        text: "Your turn is near.".to_owned(),
        html: "<p>Your turn is near.</p>".to_owned(),
    }
}

/// A server that says yes to everything but, where one is given, to the recipient.
async fn server(to_recipient: &'static str) -> (String, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let task = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let (read, mut write) = stream.into_split();
        let (mut lines, mut heard, mut in_data) = (BufReader::new(read).lines(), String::new(), false);
        write.write_all(b"220 here\r\n").await.unwrap();
        while let Ok(Some(line)) = lines.next_line().await {
            heard.extend([line.as_str(), "\n"]);
            let answer = match line.as_str() {
                "." => {
                    in_data = false;
                    "250 taken"
                }
                _ if in_data => continue,
                "DATA" => {
                    in_data = true;
                    "354 go on"
                }
                "QUIT" => "221 bye",
                line if line.starts_with("RCPT") && !to_recipient.is_empty() => to_recipient,
                _ => "250 fine",
            };
            write.write_all(format!("{answer}\r\n").as_bytes()).await.unwrap();
            if line == "." || answer == to_recipient {
                break;
            }
        }
        heard
    });
    (url, task)
}

#[tokio::test]
async fn a_message_reaches_the_server_as_text_and_page() {
    let (url, heard) = server("").await;
    mailer(&url).send(mail("Your turn")).await.unwrap();
    let heard = heard.await.unwrap();
    for part in [
        "MAIL FROM:<tickets@example.com>",
        "RCPT TO:<ann@example.org>",
        "Message-ID: <reminder-7@example.com>",
        "Subject: Your turn",
        "multipart/alternative",
        "text/plain",
        "text/html",
    ] {
        assert!(heard.contains(part), "{part} is missing in {heard}");
    }
}

#[tokio::test]
async fn a_refusal_is_final_or_not_and_never_names_the_recipient() {
    for (answer, is_final) in [("550 no ann@example.org here", true), ("450 ann@example.org is full", false)]
    {
        let (url, _task) = server(answer).await;
        let error = mailer(&url).send(mail("Your turn")).await.unwrap_err();
        assert_eq!(matches!(error, MailError::Refused(_)), is_final, "{answer}: {error}");
        assert!(!format!("{error} {error:?}").contains("ann"), "{error:?}");
    }
    let error = mailer("smtp://127.0.0.1:1").send(mail("Your turn")).await.unwrap_err();
    assert!(matches!(error, MailError::Unavailable(_)), "{error}");
}

#[tokio::test]
async fn a_subject_cannot_carry_a_header() {
    let (url, heard) = server("").await;
    mailer(&url).send(mail("Premiere\r\nBcc: bob@example.org\r\n\r\nHello")).await.unwrap();
    let heard = heard.await.unwrap();
    assert!(!heard.lines().any(|line| line.starts_with("Bcc")), "{heard}");
    assert_eq!(heard.matches("RCPT TO").count(), 1);
}
