//! A worker of docs/worker-protocol.md in Rust, with nothing but the standard library.
//!
//!     rustc -O examples/worker_rust/worker.rs && bpi-perf worker ./worker
//!
//! A case is a row of `CASES`: its set-up makes a `Running`, which does one item and can say
//! whether the answer was right.

use std::collections::{BTreeMap, HashMap};
use std::hint::black_box;
use std::io::{self, BufRead, Write};
use std::time::Instant;

// What is measured.

trait Running {
    fn run(&mut self);
    fn check(&self) -> bool;
}

struct Case {
    name: &'static str,
    doc: &'static str,
    item: &'static str,
    param: &'static str,
    values: &'static str,
    setup: fn(usize, u64) -> Box<dyn Running>,
}

const CASES: &[Case] = &[
    Case {
        name: "rust/sort_unstable",
        doc: "sort a copy of shuffled numbers",
        item: "list",
        param: "count",
        values: "1000,10000",
        setup: |count, seed| Box::new(Sort { data: numbers(count, seed), answer: Vec::new() }),
    },
    Case {
        name: "rust/hash_map_get",
        doc: "find one key after the other in a HashMap",
        item: "lookup",
        param: "count",
        values: "1000,1000000",
        setup: |count, seed| {
            let keys = numbers(count, seed);
            let map = keys.iter().map(|&key| (key, !key)).collect();
            Box::new(Get { keys, map, next: 0, is_right: true })
        },
    },
];

struct Sort {
    data: Vec<u64>,
    answer: Vec<u64>,
}

impl Running for Sort {
    fn run(&mut self) {
        self.answer.clone_from(&self.data);
        black_box(&mut self.answer).sort_unstable();
    }

    fn check(&self) -> bool {
        let sum = |list: &[u64]| list.iter().fold(0u64, |sum, x| sum.wrapping_add(*x));
        self.answer.len() == self.data.len()
            && self.answer.windows(2).all(|pair| pair[0] <= pair[1])
            && sum(&self.answer) == sum(&self.data)
    }
}

struct Get {
    keys: Vec<u64>,
    map: HashMap<u64, u64>,
    next: usize,
    is_right: bool,
}

impl Running for Get {
    fn run(&mut self) {
        let key = self.keys[self.next];
        self.next = if self.next + 1 == self.keys.len() { 0 } else { self.next + 1 };
        self.is_right &= black_box(self.map.get(&key)) == Some(&!key);
    }

    fn check(&self) -> bool {
        self.is_right
    }
}

/// Numbers from a seed (splitmix64).
fn numbers(count: usize, seed: u64) -> Vec<u64> {
    let mut state = seed;
    (0..count)
        .map(|_| {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        })
        .collect()
}

// The protocol.

struct Refusal(&'static str, String);
type Reply = Result<String, Refusal>;

fn refuse(code: &'static str, text: impl Into<String>) -> Reply {
    Err(Refusal(code, text.into()))
}

#[derive(Default)]
struct Worker {
    running: Option<Box<dyn Running>>,
    clock_cost_ns: u128,
}

impl Worker {
    fn answer(&mut self, request: &Json) -> Reply {
        match request.text("op") {
            Some("hello") => Ok(format!(
                r#","protocol":1,"name":"rust example","language":"Rust","references":false,"clock":"monotonic","clock_cost_ns":{}"#,
                self.clock_cost_ns
            )),
            Some("list") => Ok(list()),
            Some("open") => self.open(request),
            Some("run") => self.run(request),
            Some("check") => match &self.running {
                Some(running) if running.check() => Ok(String::new()),
                Some(_) => refuse("EWRONG", "the answer is wrong"),
                None => refuse("EINVALID", "no case is open"),
            },
            Some("close") => {
                self.running = None;
                Ok(String::new())
            }
            Some("quit") => Ok(String::new()),
            _ => refuse("EUNSUPPORTED", "this worker does not know that request"),
        }
    }

    fn open(&mut self, request: &Json) -> Reply {
        if self.running.is_some() {
            return refuse("EINVALID", "a case is open already");
        }
        let name = request.text("case").unwrap_or("");
        let Some(case) = CASES.iter().find(|case| case.name == name) else {
            return refuse("ENOTFOUND", "there is no such case");
        };
        if request.number("threads").unwrap_or(1.0) != 1.0 {
            return refuse("EUNSUPPORTED", "this worker runs one thread");
        }
        let default = case.values.split(',').next().unwrap_or("1");
        let value = request.get("args").and_then(|args| args.text(case.param)).unwrap_or(default);
        match value.parse() {
            Ok(count) if (1..=50_000_000).contains(&count) => {
                let seed = request.number("seed").unwrap_or(1.0) as u64;
                self.running = Some((case.setup)(count, seed));
                Ok(String::new())
            }
            _ => refuse("EINVALID", format!("{} is not between 1 and 50000000", case.param)),
        }
    }

    fn run(&mut self, request: &Json) -> Reply {
        let Some(running) = &mut self.running else {
            return refuse("EINVALID", "no case is open");
        };
        let Some(Json::List(counts)) = request.get("counts") else {
            return refuse("EPROTOCOL", "run has no counts");
        };
        let mut times = Vec::new();
        for count in counts {
            let Json::Number(count) = count else {
                return refuse("EPROTOCOL", "a count is no number");
            };
            let start = Instant::now();
            for _ in 0..*count as u64 {
                running.run();
            }
            let spent = start.elapsed().as_nanos();
            times.push(spent.saturating_sub(self.clock_cost_ns).to_string());
        }
        Ok(format!(r#","ns":[{}]"#, times.join(",")))
    }
}

fn list() -> String {
    let rows: Vec<String> = CASES
        .iter()
        .map(|case| {
            format!(
                r#"{{"name":"{}","doc":"{}","item":"{}","params":[{{"name":"{}","values":"{}"}}]}}"#,
                case.name, case.doc, case.item, case.param, case.values
            )
        })
        .collect();
    format!(r#","cases":[{}]"#, rows.join(","))
}

/// The median cost of one reading of the clock.
fn clock_cost_ns() -> u128 {
    let mut costs: Vec<u128> = (0..1000).map(|_| Instant::now().elapsed().as_nanos()).collect();
    costs.sort_unstable();
    costs[costs.len() / 2]
}

fn main() -> io::Result<()> {
    if std::env::args().last().as_deref() != Some("--worker") {
        eprintln!("usage: bpi-perf worker PROGRAM");
        std::process::exit(2);
    }
    let mut worker = Worker { clock_cost_ns: clock_cost_ns(), ..Worker::default() };
    let mut out = io::stdout();
    for line in io::stdin().lock().lines() {
        let request = Json::parse(&line?);
        match request.as_ref().map_or_else(|| refuse("EPARSE", "not JSON"), |r| worker.answer(r)) {
            Ok(fields) => writeln!(out, r#"{{"ok":true{fields}}}"#)?,
            Err(Refusal(code, text)) => {
                writeln!(out, r#"{{"ok":false,"code":"{code}","error":"{text}"}}"#)?
            }
        }
        out.flush()?;
        if request.and_then(|r| r.text("op").map(|op| op == "quit")).unwrap_or(false) {
            break;
        }
    }
    Ok(())
}

// As much JSON as the coordinator writes; \u escapes are read as '?', names here have none.

enum Json {
    Null,
    Bool,
    Number(f64),
    Text(String),
    List(Vec<Json>),
    Object(BTreeMap<String, Json>),
}

impl Json {
    fn parse(text: &str) -> Option<Json> {
        let mut rest = text.as_bytes();
        value(&mut rest, 0)
    }

    fn get(&self, name: &str) -> Option<&Json> {
        match self {
            Json::Object(fields) => fields.get(name),
            _ => None,
        }
    }

    fn text(&self, name: &str) -> Option<&str> {
        match self.get(name) {
            Some(Json::Text(text)) => Some(text),
            _ => None,
        }
    }

    fn number(&self, name: &str) -> Option<f64> {
        match self.get(name) {
            Some(Json::Number(number)) => Some(*number),
            _ => None,
        }
    }
}

fn skip(rest: &mut &[u8], byte: u8) -> bool {
    *rest = trimmed(*rest);
    match rest.first() {
        Some(&first) if first == byte => {
            *rest = &rest[1..];
            true
        }
        _ => false,
    }
}

fn trimmed(rest: &[u8]) -> &[u8] {
    &rest[rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count()..]
}

fn value(rest: &mut &[u8], depth: usize) -> Option<Json> {
    *rest = trimmed(*rest);
    match rest.first()? {
        _ if depth > 16 => None,
        b'"' => string(rest).map(Json::Text),
        b'[' => list_of(rest, depth).map(Json::List),
        b'{' => object(rest, depth).map(Json::Object),
        b't' | b'f' | b'n' => {
            let end = rest.iter().take_while(|byte| byte.is_ascii_lowercase()).count();
            let (word, after) = rest.split_at(end);
            *rest = after;
            match word {
                b"true" | b"false" => Some(Json::Bool),
                b"null" => Some(Json::Null),
                _ => None,
            }
        }
        _ => {
            let end = rest.iter().take_while(|byte| b"+-.eE0123456789".contains(byte)).count();
            let (digits, after) = rest.split_at(end);
            *rest = after;
            std::str::from_utf8(digits).ok()?.parse().ok().map(Json::Number)
        }
    }
}

fn string(rest: &mut &[u8]) -> Option<String> {
    let mut text = Vec::new();
    let mut at = 1;
    loop {
        match *rest.get(at)? {
            b'"' => break,
            b'\\' if rest.get(at + 1) == Some(&b'u') => {
                text.push(b'?');
                at += 5;
            }
            b'\\' => {
                text.push(*rest.get(at + 1)?);
                at += 1;
            }
            byte => text.push(byte),
        }
        at += 1;
    }
    *rest = &rest[at + 1..];
    String::from_utf8(text).ok()
}

fn list_of(rest: &mut &[u8], depth: usize) -> Option<Vec<Json>> {
    let mut items = Vec::new();
    *rest = &rest[1..];
    while !skip(rest, b']') {
        if !items.is_empty() && !skip(rest, b',') {
            return None;
        }
        items.push(value(rest, depth + 1)?);
    }
    Some(items)
}

fn object(rest: &mut &[u8], depth: usize) -> Option<BTreeMap<String, Json>> {
    let mut fields = BTreeMap::new();
    *rest = &rest[1..];
    while !skip(rest, b'}') {
        if !fields.is_empty() && !skip(rest, b',') {
            return None;
        }
        *rest = trimmed(*rest);
        let name = if rest.first()? == &b'"' { string(rest)? } else { return None };
        if !skip(rest, b':') {
            return None;
        }
        fields.insert(name, value(rest, depth + 1)?);
    }
    Some(fields)
}
