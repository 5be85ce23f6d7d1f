//! A server that lets in only whom it knows, and the ways to say who calls.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use rustix::process::Signal;
use tempfile::TempDir;

use crate::support::{BIRDS_CSV, Run, Server, binary, wingbeat};

/// A served folder with birds in it, and the secrets beside it.
struct Guarded {
    folder: TempDir,
    server: Server,
}

const TOKEN: &str = "bobs-very-long-token";

/// The line of a user, as `wingbeat passwd` makes it from stdin.
fn passwd(args: &[&str], password: &str) -> Run {
    let mut command = binary();
    command.arg("passwd").args(args);
    with_stdin(command, password)
}

fn with_stdin(mut command: std::process::Command, text: &str) -> Run {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    Run::of(child.wait_with_output().unwrap())
}

impl Guarded {
    fn start(more: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let data = folder.path().join("data");
        std::fs::create_dir(&data).unwrap();
        std::fs::write(data.join("birds.csv"), BIRDS_CSV).unwrap();
        let users = file("users", passwd(&["ada"], "secret\n").data());
        let tokens = file("tokens", &format!("bob:{TOKEN}\n"));
        file("token", &format!("{TOKEN}\n"));
        file("password", "secret\n");
        file("wrong", "wrong\n");
        let mut args = vec!["--auth-users", &users, "--auth-tokens", &tokens];
        args.extend(more);
        let server = Server::with_args(&data, &args);
        Self { folder, server }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Gets the birds with further arguments and an environment.
    fn get(&self, args: &[&str], environment: &[(&str, &str)]) -> Run {
        let mut command = binary();
        let url = self.server.url("birds");
        command.args(["get", &url, "-o", "-", "--format", "csv"]).args(args);
        command.envs(environment.iter().copied()).stdin(Stdio::null());
        Run::of(command.output().unwrap())
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn who_calls_is_said_by_file_environment_or_stdin() {
    let guarded = Guarded::start(&[]);
    let (token, password) = (guarded.file("token"), guarded.file("password"));
    let (token, password) = (text(&token), text(&password));
    for (args, environment) in [
        (&["--token-file", token][..], &[][..]),
        (&[], &[("WINGBEAT_TOKEN", TOKEN)]),
        (&["--user", "ada", "--password-file", password], &[]),
        (&["--user", "ada"], &[("WINGBEAT_PASSWORD", "secret")]),
        // What is said on the command line goes first.
        (&["--user", "ada", "--password-file", password], &[("WINGBEAT_TOKEN", "wrong")]),
        (&["--token-file", token], &[("WINGBEAT_TOKEN", "wrong")]),
        (&["-H", &format!("authorization=@{}", guarded.file("bearer").display())], &[]),
    ] {
        std::fs::write(guarded.file("bearer"), format!("Bearer {TOKEN}\n")).unwrap();
        assert_eq!(guarded.get(args, environment).data(), BIRDS_CSV, "{args:?}");
    }
    let mut command = binary();
    command.args(["get", &guarded.server.url("birds"), "-o", "-", "--format", "csv"]);
    command.args(["--token-file", "-"]);
    assert_eq!(with_stdin(command, &format!("{TOKEN}\n")).data(), BIRDS_CSV);
}

#[test]
fn strangers_are_refused_and_told_nothing() {
    let guarded = Guarded::start(&[]);
    let (password, wrong) = (guarded.file("password"), guarded.file("wrong"));
    let (password, wrong) = (text(&password), text(&wrong));
    for (args, environment) in [
        (&[][..], &[][..]),
        (&[], &[("WINGBEAT_TOKEN", "wrong")]),
        (&["--user", "ada", "--password-file", wrong], &[]),
        (&["--user", "eve", "--password-file", password], &[]),
    ] {
        let run = guarded.get(args, environment);
        run.fails(4, &["the credentials are missing or not valid", "UNAUTHENTICATED"]);
    }
    let line = guarded.server.log_line(&["not authenticated", "user=\"ada\""]);
    assert!(line.contains("wrong password") && line.contains("peer=127.0.0.1:"), "{line}");
    guarded.server.signal(Signal::TERM);
    let (code, log) = guarded.server.end();
    assert_eq!(code, Some(0));
    let log = log.join("\n");
    assert!(log.contains("no such user"), "{log}");
    assert!(!log.contains("secret\n") && !log.contains("$argon2") && !log.contains(TOKEN), "{log}");
}

#[test]
fn mistakes_are_told_before_anybody_is_asked() {
    let guarded = Guarded::start(&[]);
    let (token, password) = (guarded.file("token"), guarded.file("password"));
    let (token, password) = (text(&token), text(&password));
    std::fs::write(guarded.file("empty"), "\n").unwrap();
    let empty = guarded.file("empty");
    for (args, reason) in [
        (&["--token-file", token, "--user", "ada"][..], "cannot be used with"),
        (&["--password-file", password], "--user"),
        (&["--token-file", "/no/such/file"], "cannot read /no/such/file"),
        (&["--token-file", text(&empty)], "holds no token"),
        (&["--user", "a:b", "--password-file", password], "colon"),
        (&["--user", "a", "-H", &format!("authorization=@{token}")], "another way to say who"),
        (&["-H", "Authorization=Bearer x"], "the header Authorization is a secret"),
        (&["-H", "cookie=id=x"], "@FILE"),
    ] {
        let run = guarded.get(args, &[]);
        assert_ne!(run.code, 0, "{args:?}");
        assert!(run.stderr.contains(reason), "{args:?}: {}", run.stderr);
    }
    // Another host, in plaintext: nothing is sent.
    let mut command = binary();
    command.args(["ls", "grpc://wingbeat.invalid:1", "--token-file", token]);
    let reason = "plaintext credentials have to be allowed by name";
    Run::of(command.output().unwrap()).fails(4, &["wingbeat.invalid", reason]);
    wingbeat(["serve", ".", "--policy", token]).fails(1, &["nothing says who they are"]);
    wingbeat(["serve", ".", "--auth-jwks", token]).fails(2, &["--auth-issuer"]);
    wingbeat(["serve", ".", "--auth-users", token]).fails(1, &["line 1"]);
}

#[test]
fn a_policy_and_sessions() {
    let policy = tempfile::NamedTempFile::new().unwrap();
    let rules = "[[rule]]\nwho = [\"user:ada\"]\nmay = [\"read\", \"write\"]\nwhat = [\"*\"]\n";
    std::fs::write(policy.path(), rules).unwrap();
    let guarded = Guarded::start(&["--policy", text(policy.path()), "--sessions"]);
    let (token, password) = (guarded.file("token"), guarded.file("password"));
    let (token, password) = (text(&token), text(&password));
    let ada = ["--user", "ada", "--password-file", password];
    assert_eq!(guarded.get(&ada, &[]).data(), BIRDS_CSV);
    let bob = guarded.get(&["--token-file", token], &[]);
    bob.fails(4, &["the caller may not do this", "PERMISSION_DENIED"]);
    let url = guarded.server.url("");
    assert_eq!(wingbeat(["ls", &url, "--token-file", token]).data(), "");
    let (jar, stolen) = (guarded.file("jar"), guarded.file("stolen"));
    let of_ada = |verb: &str, more: &[&str]| {
        let args = [&["session", verb, &url][..], more, &ada, &["--cookies", text(&jar)]];
        wingbeat(args.concat())
    };
    assert_eq!(of_ada("set", &["size:=7"]).data(), "");
    assert_eq!(of_ada("get", &[]).data(), "size:=7\n");
    // A token alone finds its session again, and not somebody else's.
    let bobs = ["session", "get", &url, "--token-file", token];
    wingbeat(bobs).fails(3, &["there is no session"]);
    std::fs::copy(&jar, &stolen).unwrap();
    let theft = [&bobs[..], &["--cookies", text(&stolen)]].concat();
    wingbeat(theft).fails(4, &["the session is not valid"]);
    assert_eq!(of_ada("get", &[]).data(), "size:=7\n");
}

#[test]
fn lines_of_users() {
    let line = passwd(&["ada", "--roles", "a,b"], "secret");
    let line = line.data();
    assert!(line.starts_with("ada:$argon2id$v=19$"), "{line}");
    assert!(line.ends_with(":a,b\n"), "{line}");
    passwd(&["ada"], "\n").fails(2, &["the password is empty"]);
    passwd(&["a:b"], "secret").fails(2, &["holds no colon"]);
    passwd(&["ada", "--roles", "a:b"], "secret").fails(2, &["is no role"]);
}
