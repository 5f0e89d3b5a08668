//! Writing the log of a server away from the threads that serve requests.
//!
//! A write to a terminal, a pipe or the journal takes several microseconds, which is more than all else that a request's
//! line costs, and to wake a thread takes as much. So lines are put into a buffer, and a thread of its own writes whatever has
//! come together, and rests before it looks again. Always holds: lines are whole, in the order of their coming, and none is
//! dropped: where the reader does not keep up, those who log wait. What was logged in the last [`REST`] before a kill may
//! be lost.

use std::io::Write;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long lines may come together before they are written.
const REST: Duration = Duration::from_millis(5);

/// Bytes that may wait to be written; then those who log wait.
const ROOM: usize = 1024 * 1024;

/// Where lines are put. Clones are the same place.
#[derive(Clone, Debug, Default)]
pub(super) struct Lines(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    more: Condvar,
    room: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    lines: Vec<u8>,
    is_closed: bool,
    /// Whether whoever writes waits for a line, and not for time to pass.
    is_idle: bool,
}

impl Waiting {
    fn is_full(&self) -> bool {
        self.lines.len() >= ROOM
    }
}

/// Writes lines until it is dropped; by then all are written.
#[derive(Debug)]
pub(super) struct Writing {
    lines: Lines,
    thread: Option<JoinHandle<()>>,
}

impl Lines {
    /// Begins to write them to `out`.
    ///
    /// # Errors
    /// There can be no further thread.
    pub(super) fn write_to(out: impl Write + Send + 'static) -> std::io::Result<Writing> {
        let lines = Self::default();
        let taken = lines.clone();
        let thread = std::thread::Builder::new().name("log".to_owned()).spawn(move || taken.drain(out))?;
        Ok(Writing { lines, thread: Some(thread) })
    }

    fn put(&self, line: &[u8]) {
        let mut waiting = self.lock();
        while waiting.is_full() && !waiting.is_closed {
            waiting = self.0.room.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        if waiting.is_closed {
            drop(waiting);
            // Nobody takes them any more, and there is nobody to tell if this fails.
            let _ = std::io::stderr().write_all(line);
            return;
        }
        waiting.lines.extend_from_slice(line);
        let is_wanted = std::mem::take(&mut waiting.is_idle) || waiting.is_full();
        drop(waiting);
        if is_wanted {
            self.0.more.notify_one();
        }
    }

    fn drain(&self, mut out: impl Write) {
        let mut taken = Vec::new();
        loop {
            let mut waiting = self.lock();
            while waiting.lines.is_empty() {
                if waiting.is_closed {
                    return;
                }
                waiting.is_idle = true;
                waiting = self.0.more.wait(waiting).unwrap_or_else(PoisonError::into_inner);
                waiting.is_idle = false;
            }
            std::mem::swap(&mut taken, &mut waiting.lines);
            drop(waiting);
            self.0.room.notify_all();
            // A log that nobody can read any more must not end the server.
            let _ = out.write_all(&taken).and_then(|()| out.flush());
            taken.clear();
            let rests = |waiting: &mut Waiting| !waiting.is_closed && !waiting.is_full();
            drop(self.0.more.wait_timeout_while(self.lock(), REST, rests));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Writing {
    /// Where to put lines.
    pub(super) fn lines(&self) -> Lines {
        self.lines.clone()
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.lines.lock().is_closed = true;
        self.lines.0.more.notify_all();
        self.lines.0.room.notify_all();
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has nothing left to write.
            let _ = thread.join();
        }
    }
}

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        self.put(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::sync::{Arc, Mutex};

    use super::{Lines, ROOM};

    /// Writes only when it is told to.
    struct Gate {
        open: Receiver<()>,
        written: Arc<Mutex<Vec<u8>>>,
    }

    impl Write for Gate {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            // A gate that is gone is open.
            let _ = self.open.recv();
            self.written.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn gate() -> (Gate, Sender<()>, Arc<Mutex<Vec<u8>>>) {
        let ((tell, open), written) = (channel(), Arc::<Mutex<Vec<u8>>>::default());
        (Gate { open, written: written.clone() }, tell, written)
    }

    #[test]
    fn all_lines_are_written_whole_and_in_order_by_the_time_it_ends() {
        let (out, tell, written) = gate();
        let writing = Lines::write_to(out).unwrap();
        std::thread::scope(|threads| {
            for thread in 0..4 {
                let mut lines = writing.lines();
                threads.spawn(move || {
                    for number in 0..1000 {
                        lines.write_all(format!("{thread} {number}\n").as_bytes()).unwrap();
                    }
                });
            }
        });
        drop((tell, writing));
        let text = String::from_utf8(written.lock().unwrap().clone()).unwrap();
        for thread in 0..4 {
            let own = text.lines().filter_map(|line| line.strip_prefix(&format!("{thread} ")));
            let wanted = (0..1000).map(|number| number.to_string());
            assert!(own.eq(wanted), "thread {thread}");
        }
    }

    #[test]
    fn lines_that_come_together_are_written_together() {
        struct Counting(Arc<Mutex<Vec<usize>>>);
        impl Write for Counting {
            fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
                self.0.lock().unwrap().push(bytes.len());
                Ok(bytes.len())
            }

            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let written = Arc::<Mutex<Vec<usize>>>::default();
        let writing = Lines::write_to(Counting(written.clone())).unwrap();
        for _ in 0..1000 {
            writing.lines().write_all(b"a line\n").unwrap();
        }
        drop(writing);
        let written = written.lock().unwrap();
        assert_eq!(written.iter().sum::<usize>(), 7000);
        assert!(written.len() < 500, "{}", written.len());
    }

    #[test]
    fn whoever_logs_waits_for_a_reader_that_does_not_keep_up_and_nothing_is_dropped() {
        let (out, tell, written) = gate();
        let writing = Lines::write_to(out).unwrap();
        let line = vec![b'x'; ROOM];
        let mut lines = writing.lines();
        let (done, told) = channel();
        let logging = std::thread::spawn(move || {
            for _ in 0..4 {
                lines.write_all(&line).unwrap();
                done.send(()).unwrap();
            }
        });
        // One is being written, one waits; there is no room for a third until the first is through.
        told.recv().unwrap();
        told.recv().unwrap();
        assert!(told.try_recv().is_err(), "the third waits");
        tell.send(()).unwrap();
        told.recv().unwrap();
        drop(tell);
        told.recv().unwrap();
        logging.join().unwrap();
        drop(writing);
        assert_eq!(written.lock().unwrap().len(), 4 * ROOM);
    }
}
