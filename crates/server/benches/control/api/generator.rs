//! The second process: it asks as its [`Plan`] says, and counts.
//!
//! The plan comes on its standard input. On its standard output it says `warm` when what follows counts, `done` when
//! nothing does any more, and then the [`Outcome`].

use std::io::Read;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::connection::Connection;
use super::plan::{Caller, Load, Outcome, Plan};
use super::processor;

/// What the process is called with.
pub(crate) const ARGUMENT: &str = "--generate";

/// Does what the plan says.
pub(crate) async fn run() {
    let mut plan = String::new();
    std::io::stdin().read_to_string(&mut plan).unwrap();
    let plan: Plan = serde_json::from_str(&plan).unwrap();
    let begin = Instant::now() + Duration::from_millis(plan.warm_ms);
    let end = begin + Duration::from_millis(plan.counted_ms);
    let mut asking = Vec::new();
    for part in parts(&plan.callers, plan.connections) {
        let (address, load) = (plan.address.clone(), plan.load);
        asking.push(tokio::spawn(ask(address, load, part, begin, end)));
    }
    tokio::time::sleep_until(begin.into()).await;
    println!("warm");
    let before = processor::own_seconds();
    tokio::time::sleep_until(end.into()).await;
    let cpu_seconds = processor::own_seconds() - before;
    println!("done");
    let (mut took, mut callers) = (Vec::new(), Vec::new());
    for asked in asking {
        let (some, part) = asked.await.unwrap();
        took.extend(some);
        callers.extend(part);
    }
    took.sort_unstable();
    let quantile = |part: f64| match took.len() {
        0 => f64::NAN,
        some => f64::from(took[((some - 1) as f64 * part) as usize]) / 1e3,
    };
    let outcome = Outcome {
        answers: took.len() as u64,
        seconds: (end - begin).as_secs_f64(),
        median_ms: quantile(0.5),
        p99_ms: quantile(0.99),
        cpu_seconds,
        callers,
    };
    println!("{}", serde_json::to_string(&outcome).unwrap());
}

/// The callers in so many parts, each of which has one at least.
fn parts(callers: &[Caller], connections: usize) -> Vec<Vec<Caller>> {
    let part = |index: usize| match callers.len() < connections {
        true => vec![callers[index % callers.len()].clone()],
        false => callers.iter().skip(index).step_by(connections).cloned().collect(),
    };
    (0..connections).map(part).collect()
}

/// Asks for one caller after the other until the end. The answer is how long each took that counts, in microseconds,
/// and the callers with the tokens they have then.
async fn ask(
    address: String,
    load: Load,
    mut callers: Vec<Caller>,
    begin: Instant,
    end: Instant,
) -> (Vec<u32>, Vec<Caller>) {
    let mut connection = Connection::open(&address).await.unwrap();
    let mut took = Vec::new();
    let mut request = Vec::new();
    for round in 0_usize.. {
        let index = round % callers.len();
        write(&mut request, &address, load, &callers[index], round / callers.len());
        let asked = Instant::now();
        if asked >= end {
            break;
        }
        let answer = connection.ask(&request).await.unwrap();
        let answered = Instant::now();
        let body = || String::from_utf8_lossy(answer.body);
        assert_eq!(answer.status, expected(load), "{load:?} was answered: {}", body());
        if asked >= begin && answered <= end {
            took.push((answered - asked).as_micros().try_into().unwrap_or(u32::MAX));
        }
        if load == Load::Refresh {
            let tokens: Value = serde_json::from_slice(answer.body).unwrap();
            tokens["refresh"].as_str().unwrap().clone_into(&mut callers[index].refresh);
        }
    }
    (took, callers)
}

fn expected(load: Load) -> u16 {
    if load == Load::Capacity { 201 } else { 200 }
}

/// The request of a caller's so many-th turn.
fn write(request: &mut Vec<u8>, address: &str, load: Load, caller: &Caller, turn: usize) {
    use std::io::Write;

    let Caller { user, password, organization, access, refresh } = caller;
    let (line, fields, body) = match load {
        Load::Status => {
            let line = format!("GET /api/v1/organizations/{organization}/status");
            (line, format!("Authorization: Bearer {access}\r\n"), String::new())
        }
        Load::Refresh => (
            "POST /api/org_token/refresh/".to_owned(),
            String::new(),
            format!("{{\"refresh\":\"{refresh}\"}}"),
        ),
        Load::Capacity => {
            // Another end each time: an order that is identical to a live one makes no other.
            let seconds = 1000 + turn % 40_000;
            let body = format!("{{\"nodes\":1,\"time_to_live_seconds\":{seconds},\"replace\":true}}");
            let key = format!("{user}-{}-{turn}", std::process::id());
            let fields = format!("Authorization: Bearer {access}\r\nIdempotency-Key: {key}\r\n");
            (format!("POST /api/v1/organizations/{organization}/requests"), fields, body)
        }
        Load::SignIn => {
            let body = format!(
                "{{\"username\":\"{user}\",\"password\":\"{password}\",\"org_name\":\"{organization}\"}}"
            );
            ("POST /api/org_token/".to_owned(), String::new(), body)
        }
    };
    request.clear();
    write!(request, "{line} HTTP/1.1\r\nHost: {address}\r\n{fields}").unwrap();
    if !body.is_empty() {
        let length = body.len();
        write!(request, "Content-Type: application/json\r\nContent-Length: {length}\r\n").unwrap();
    }
    write!(request, "\r\n{body}").unwrap();
}
