//! A mail server for tests: it takes what it is given, or answers recipients as it was told to.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// How a recipient is answered.
#[derive(Clone, Copy, Debug)]
pub enum Answer {
    /// Not now, the first time.
    LaterOnce,
    /// There is nobody of this name.
    Never,
}

#[derive(Default)]
struct Book {
    mails: Vec<String>,
    answers: HashMap<String, Answer>,
    tries: HashMap<String, usize>,
}

/// The server, as long as the test's runtime lives.
pub struct MailServer {
    address: std::net::SocketAddr,
    book: Arc<Mutex<Book>>,
}

impl MailServer {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self { address: listener.local_addr().unwrap(), book: Arc::default() };
        let book = Arc::clone(&server.book);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&book)));
            }
        });
        server
    }

    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    pub fn answers(&self, recipient: &str, answer: Answer) {
        self.book.lock().unwrap().answers.insert(recipient.to_owned(), answer);
    }

    /// What was taken: the envelope and the message.
    pub fn mails(&self) -> Vec<String> {
        self.book.lock().unwrap().mails.clone()
    }

    pub fn tries(&self, recipient: &str) -> usize {
        self.book.lock().unwrap().tries.get(recipient).copied().unwrap_or_default()
    }
}

async fn serve(stream: TcpStream, book: Arc<Mutex<Book>>) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 here\r\n").await?;
    let (mut mail, mut in_data) = (String::new(), false);
    while let Some(line) = lines.next_line().await? {
        if in_data && line != "." {
            mail.extend([line.as_str(), "\n"]);
            continue;
        }
        let answer = match line.split([' ', ':']).next().unwrap_or_default() {
            "MAIL" => {
                mail = format!("{line}\n");
                "250 fine"
            }
            "RCPT" => {
                mail.extend([line.as_str(), "\n"]);
                book.lock().unwrap().recipient(&line)
            }
            "DATA" => {
                in_data = true;
                "354 go on"
            }
            "." => {
                in_data = false;
                book.lock().unwrap().mails.push(std::mem::take(&mut mail));
                "250 taken"
            }
            "QUIT" => "221 bye",
            _ => "250 fine",
        };
        write.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
    Ok(())
}

impl Book {
    fn recipient(&mut self, line: &str) -> &'static str {
        let recipient = line.trim_start_matches("RCPT TO:<").split('>').next().unwrap_or_default().to_owned();
        let tries = self.tries.entry(recipient.clone()).or_default();
        *tries += 1;
        match self.answers.get(&recipient) {
            Some(Answer::Never) => "550 nobody of this name",
            Some(Answer::LaterOnce) if *tries == 1 => "450 not now",
            _ => "250 fine",
        }
    }
}
