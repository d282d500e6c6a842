//! Attempts one after the other, each beginning before the last has surely failed (RFC 8305).

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::sleep;

/// The first success among `attempts`: the next begins when one fails, or after `delay`.
/// The others end with the first success, or when the future is dropped.
///
/// # Errors
/// What became of each, in the order in which they failed.
pub(crate) async fn first<T, E, A>(
    attempts: impl IntoIterator<Item = A>,
    delay: Duration,
) -> Result<T, Vec<E>>
where
    A: Future<Output = Result<T, E>> + Send + 'static,
    T: Send + 'static,
    E: Send + 'static,
{
    let mut waiting = attempts.into_iter();
    let mut running = JoinSet::new();
    let mut problems = Vec::new();
    let mut more = true;
    let mut begin = true;
    loop {
        if begin {
            match waiting.next() {
                Some(attempt) => {
                    running.spawn(attempt);
                }
                None => more = false,
            }
        }
        if running.is_empty() && !more {
            return Err(problems);
        }
        begin = true;
        tokio::select! {
            done = running.join_next(), if !running.is_empty() => match done {
                Some(Ok(Ok(success))) => return Ok(success),
                Some(Ok(Err(problem))) => problems.push(problem),
                // A task that was cancelled or panicked is an attempt without a result.
                Some(Err(_)) | None => {}
            },
            () = sleep(delay), if more => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;

    use tokio::time::Instant;

    use super::*;

    type Attempt = Pin<Box<dyn Future<Output = Result<u8, u8>> + Send>>;

    fn after(millis: u64, result: Result<u8, u8>) -> Attempt {
        Box::pin(async move {
            sleep(Duration::from_millis(millis)).await;
            result
        })
    }

    const DELAY: Duration = Duration::from_millis(250);

    #[tokio::test(start_paused = true)]
    async fn the_second_begins_a_quarter_of_a_second_later_and_may_win() {
        let began = Instant::now();
        let won = first([after(10_000, Ok(1)), after(30, Ok(2))], DELAY).await;
        assert_eq!(won, Ok(2));
        assert_eq!(began.elapsed().as_millis() / 10, 28);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_begins_the_next_at_once() {
        let began = Instant::now();
        let won = first([after(10, Err(1)), after(30, Ok(2))], DELAY).await;
        assert_eq!(won, Ok(2));
        assert!(began.elapsed() < Duration::from_millis(60));
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_first_still_wins_over_a_slower_second() {
        let won = first([after(400, Ok(1)), after(900, Ok(2))], DELAY).await;
        assert_eq!(won, Ok(1));
    }

    #[tokio::test(start_paused = true)]
    async fn all_failures_are_told_and_none_is_none() {
        let lost = first([after(10, Err(1)), after(10, Err(2))], DELAY).await;
        assert_eq!(lost, Err(vec![1, 2]));
        assert_eq!(first(Vec::<Attempt>::new(), DELAY).await, Err(vec![]));
    }
}
