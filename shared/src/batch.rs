//! Work that costs about as much for many as for one: what is asked for while a batch is under way goes into the next
//! one. Nobody waits for a batch to fill, so that a quiet service answers as soon as without it.

use std::future::Future;

use tokio::sync::{mpsc, oneshot};

/// Batches of items; each is answered by itself. Clones share them.
pub struct Batches<T, R> {
    asked: mpsc::Sender<(T, oneshot::Sender<R>)>,
}

impl<T, R> Clone for Batches<T, R> {
    fn clone(&self) -> Self {
        Self { asked: self.asked.clone() }
    }
}

impl<T: Send + 'static, R: Send + 'static> Batches<T, R> {
    /// Batches of at most `most` items, carried out one after the other by `run`, which answers each item in its place.
    /// Must be made within a runtime; it goes on until the last clone is gone and all that was asked is answered.
    pub fn new<F, Answered>(most: usize, run: F) -> Self
    where
        F: Fn(Vec<T>) -> Answered + Send + 'static,
        Answered: Future<Output = Vec<R>> + Send,
    {
        let (asked, mut waiting) = mpsc::channel(most);
        tokio::spawn(async move {
            let mut batch = Vec::with_capacity(most);
            while waiting.recv_many(&mut batch, most).await > 0 {
                let (items, who): (Vec<T>, Vec<oneshot::Sender<R>>) = batch.drain(..).unzip();
                for (answer, who) in run(items).await.into_iter().zip(who) {
                    // Whoever has gone away meanwhile needs no answer.
                    let _ = who.send(answer);
                }
            }
        });
        Self { asked }
    }

    /// Has an item carried out with others; waits where as many as a batch holds are waiting already. `None`: its batch
    /// broke off.
    pub async fn ask(&self, item: T) -> Option<R> {
        let (who, answer) = oneshot::channel();
        self.asked.send((item, who)).await.ok()?;
        answer.await.ok()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tokio::sync::Semaphore;

    use super::*;

    #[tokio::test]
    async fn what_comes_while_a_batch_is_under_way_is_one_batch() {
        let (sizes, doors) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Semaphore::new(0)));
        let (seen, opened) = (sizes.clone(), doors.clone());
        let batches = Batches::new(8, move |items: Vec<u32>| {
            seen.lock().unwrap().push(items.len());
            let opened = opened.clone();
            async move {
                opened.acquire().await.unwrap().forget();
                items.into_iter().map(|item| item * 2).collect()
            }
        });
        let ask = |item| {
            let batches = batches.clone();
            tokio::spawn(async move { batches.ask(item).await })
        };
        let first = ask(1);
        while sizes.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        let others: Vec<_> = (2..6).map(ask).collect();
        while batches.asked.capacity() > 4 {
            tokio::task::yield_now().await;
        }
        doors.add_permits(2);
        assert_eq!(first.await.unwrap(), Some(2));
        for (other, item) in others.into_iter().zip(2..6) {
            assert_eq!(other.await.unwrap(), Some(item * 2), "each has its own answer");
        }
        assert_eq!(*sizes.lock().unwrap(), [1, 4]);
    }

    #[tokio::test]
    async fn a_batch_that_breaks_off_is_not_waited_for() {
        let batches = Batches::new(8, |_: Vec<()>| async { Vec::<()>::new() });
        assert_eq!(batches.ask(()).await, None);
    }
}
