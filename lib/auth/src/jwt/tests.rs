//! Good tokens, and the ways in which others are not.

use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use super::*;

const SECRET: &[u8] = b"thirty-two bytes of shared secret";

/// Making such a key takes a while, so there are two of them.
static RSA: LazyLock<[RsaKeyPair; 2]> =
    LazyLock::new(|| [(), ()].map(|()| RsaKeyPair::generate(KeySize::Rsa2048).unwrap()));

fn base64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The key that signs, of the first RSA pair or of the other one.
fn rsa(which: usize) -> EncodingKey {
    // PKCS #8 around PKCS #1: 26 bytes of prefix, for a key of 2048 bits.
    let der = RSA[which].as_der().unwrap();
    EncodingKey::from_rsa_der(&der.as_ref()[26..])
}

fn rsa_jwk(which: usize, id: &str) -> Value {
    let public = RSA[which].public_key();
    let (n, e) = (public.modulus(), public.exponent());
    let (n, e) =
        (base64(n.big_endian_without_leading_zero()), base64(e.big_endian_without_leading_zero()));
    json!({"kty": "RSA", "kid": id, "n": n, "e": e})
}

fn with(mut jwk: Value, name: &str, value: &str) -> Value {
    jwk[name] = value.into();
    jwk
}

fn oct_jwk() -> Value {
    json!({"kty": "oct", "kid": "shared", "alg": "HS256", "k": base64(SECRET)})
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn claims() -> Value {
    let (exp, roles) = (now() + 60, ["a", "b"]);
    json!({"iss": "issuer", "aud": "wingbeat", "sub": "ada", "exp": exp, "roles": roles})
}

fn sign(algorithm: Algorithm, id: Option<&str>, key: &EncodingKey, claims: &Value) -> String {
    let mut header = Header::new(algorithm);
    header.kid = id.map(str::to_owned);
    encode(&header, claims, key).unwrap()
}

/// Signs a header and claims as they stand with HS256.
fn sign_by_hand(header: &Value, claims: &Value, secret: &[u8]) -> String {
    let text = format!(
        "{}.{}",
        base64(header.to_string().as_bytes()),
        base64(claims.to_string().as_bytes())
    );
    let key = EncodingKey::from_secret(secret);
    let signature = jsonwebtoken::crypto::sign(text.as_bytes(), &key, Algorithm::HS256).unwrap();
    format!("{text}.{signature}")
}

fn jwt() -> Jwt {
    Jwt {
        keys: Watched::fixed(keys(&[oct_jwk()])),
        issuer: "issuer".to_owned(),
        audience: "wingbeat".to_owned(),
        leeway: LEEWAY,
        name_claim: "sub".to_owned(),
        role_claim: "roles".to_owned(),
    }
}

fn keys(jwks: &[Value]) -> Keys {
    Keys::parse(json!({ "keys": jwks }).to_string().as_bytes()).unwrap()
}

/// Why a token is refused.
#[track_caller]
fn refused(jwt: &Jwt, keys: &Keys, token: &str) -> String {
    jwt.check(keys, token.as_bytes()).unwrap_err().to_string()
}

#[test]
fn every_kind_of_key_signs() {
    let random = aws_lc_rs::rand::SystemRandom::new();
    let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let ec = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
    let point = EcdsaKeyPair::from_pkcs8(algorithm, ec.as_ref()).unwrap();
    let point = point.public_key().as_ref();
    let (x, y) = (base64(&point[1..33]), base64(&point[33..]));
    let ed = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
    let ed_pair = Ed25519KeyPair::from_pkcs8(ed.as_ref()).unwrap();
    let ed_x = base64(ed_pair.public_key().as_ref());
    let keys = keys(&[
        rsa_jwk(0, "rsa"),
        json!({"kty": "EC", "kid": "ec", "crv": "P-256", "x": x, "y": y, "use": "sig"}),
        json!({"kty": "OKP", "kid": "ed", "crv": "Ed25519", "x": ed_x}),
        oct_jwk(),
    ]);
    for (algorithm, id, key) in [
        (Algorithm::RS256, "rsa", rsa(0)),
        (Algorithm::PS512, "rsa", rsa(0)),
        (Algorithm::ES256, "ec", EncodingKey::from_ec_der(ec.as_ref())),
        (Algorithm::EdDSA, "ed", EncodingKey::from_ed_der(ed.as_ref())),
        (Algorithm::HS256, "shared", EncodingKey::from_secret(SECRET)),
    ] {
        for id in [Some(id), None] {
            let token = sign(algorithm, id, &key, &claims());
            let identity = jwt().check(&keys, token.as_bytes()).unwrap();
            assert_eq!((identity.as_str(), identity.roles().len()), ("ada", 2), "{algorithm:?}");
        }
        let other = sign(algorithm, Some("other"), &key, &claims());
        assert_eq!(refused(&jwt(), &keys, &other), "no key is called \"other\"");
    }
}

#[test]
fn what_a_token_has_to_say() {
    let keys = keys(&[rsa_jwk(0, "rsa")]);
    let token = |claims: &Value| sign(Algorithm::RS256, Some("rsa"), &rsa(0), claims);
    let changed = |name: &str, value: Value| {
        let mut claims = claims();
        claims[name] = value;
        token(&claims)
    };
    for (name, value, reason) in [
        ("exp", json!(now() - 61), "ExpiredSignature"),
        ("exp", json!("soon"), "Missing required claim: exp"),
        ("nbf", json!(now() + 120), "ImmatureSignature"),
        ("iss", json!("other"), "InvalidIssuer"),
        ("aud", json!("other"), "InvalidAudience"),
        ("aud", json!(["x", "y"]), "InvalidAudience"),
        ("sub", json!(""), "no claim \"sub\""),
        ("sub", json!(7), "no claim \"sub\""),
    ] {
        let found = refused(&jwt(), &keys, &changed(name, value));
        assert!(found.contains(reason), "{name}: {found}");
    }
    for name in ["exp", "iss", "aud", "sub"] {
        let mut claims = claims();
        claims.as_object_mut().unwrap().remove(name);
        let found = refused(&jwt(), &keys, &token(&claims));
        assert!(found.contains(name), "{name}: {found}");
    }
    // The clocks may differ by a minute, and a token may be for several.
    for (name, value) in [("exp", json!(now() - 30)), ("aud", json!(["x", "wingbeat"]))] {
        assert!(jwt().check(&keys, changed(name, value).as_bytes()).is_ok(), "{name}");
    }
    let strict = jwt().with_leeway(Duration::ZERO);
    assert!(refused(&strict, &keys, &changed("exp", json!(now() - 30))).contains("Expired"));
    let named = jwt().with_name_claim("email").with_role_claim("scope");
    let mut with_email = claims();
    with_email["email"] = "ada@example.org".into();
    with_email["scope"] = "read write".into();
    let identity = named.check(&keys, token(&with_email).as_bytes()).unwrap();
    assert_eq!(
        (identity.as_str(), identity.roles().join("+").as_str()),
        ("ada@example.org", "read+write")
    );
}

#[test]
fn forged_tokens() {
    let keys = keys(&[rsa_jwk(0, "rsa"), with(rsa_jwk(1, "named"), "alg", "RS256")]);
    let good = sign(Algorithm::RS256, Some("rsa"), &rsa(0), &claims());
    assert!(jwt().check(&keys, good.as_bytes()).is_ok());
    let foreign = sign(Algorithm::RS256, Some("rsa"), &rsa(1), &claims());
    assert!(refused(&jwt(), &keys, &foreign).contains("InvalidSignature"));
    let other_algorithm = sign(Algorithm::RS384, Some("named"), &rsa(1), &claims());
    assert!(refused(&jwt(), &keys, &other_algorithm).contains("not for RS384"));
    // Every truncation, and every byte changed.
    for end in 0..good.len() {
        assert!(jwt().check(&keys, &good.as_bytes()[..end]).is_err(), "{end}");
    }
    for at in 0..good.len() {
        let mut bytes = good.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        assert!(jwt().check(&keys, &bytes).is_err(), "{at}");
    }
    for nonsense in ["", "..", "a.b.c", "\u{e4}"] {
        refused(&jwt(), &keys, nonsense);
    }
}

#[test]
fn the_algorithm_is_the_keys() {
    let keys = keys(&[rsa_jwk(0, "rsa")]);
    // The public key as if it were a shared secret, in each form in which one may have it.
    let jwk = rsa_jwk(0, "rsa");
    let n = URL_SAFE_NO_PAD.decode(jwk["n"].as_str().unwrap()).unwrap();
    let der = RSA[0].public_key().as_ref().to_vec();
    for secret in [jwk.to_string().as_bytes(), jwk["n"].as_str().unwrap().as_bytes(), &n, &der] {
        for header in [json!({"alg": "HS256", "kid": "rsa"}), json!({"alg": "HS256"})] {
            let found = refused(&jwt(), &keys, &sign_by_hand(&header, &claims(), secret));
            assert!(found.contains("not for HS256"), "{found}");
        }
    }
    for none in ["none", "None", "NONE", ""] {
        let (header, claims) = (json!({"alg": none, "kid": "rsa"}), claims());
        let token = format!(
            "{}.{}.",
            base64(header.to_string().as_bytes()),
            base64(claims.to_string().as_bytes())
        );
        assert!(refused(&jwt(), &keys, &token).contains("no JSON Web Token"), "{none}");
    }
    let header = json!({"alg": "HS256", "kid": "shared", "crit": ["exp"]});
    let shared = self::keys(&[oct_jwk()]);
    let critical = sign_by_hand(&header, &claims(), SECRET);
    assert_eq!(refused(&jwt(), &shared, &critical), "the token asks for extensions (crit)");
    // A key that came with the token is not looked at.
    let header = json!({"alg": "RS256", "kid": "rsa", "jwk": rsa_jwk(1, "rsa")});
    let mut header: Header = serde_json::from_value(header).unwrap();
    header.typ = None;
    let own = encode(&header, &claims(), &rsa(1)).unwrap();
    assert!(refused(&jwt(), &keys, &own).contains("InvalidSignature"));
}

#[test]
fn which_keys_are_taken() {
    let parse = |jwks: &[Value]| Keys::parse(json!({ "keys": jwks }).to_string().as_bytes());
    let rsa = rsa_jwk(0, "rsa");
    for passed_over in [
        with(rsa.clone(), "use", "enc"),
        with(rsa.clone(), "alg", "RSA-OAEP"),
        with(rsa.clone(), "kty", "AKP"),
        json!({"kty": "EC", "crv": "P-521", "x": "AQ", "y": "AQ"}),
        json!({"kty": "EC", "crv": "secp256k1", "x": "AQ", "y": "AQ"}),
        json!({"kty": "OKP", "crv": "X25519", "x": "AQ"}),
        json!({"kty": "OKP", "crv": "Ed448", "x": "AQ"}),
    ] {
        let keys = parse(&[passed_over.clone(), rsa.clone()]).unwrap();
        assert_eq!(keys.candidates(None).count(), 1, "{passed_over}");
        assert!(parse(&[passed_over]).is_err());
    }
    for (jwk, reason) in [
        (with(rsa, "alg", "HS256"), "no key for HS256"),
        (with(oct_jwk(), "alg", "RS256"), "no key for RS256"),
        (with(oct_jwk(), "k", &base64(&SECRET[..31])), "less than 32 bytes"),
        (json!({"kty": "oct", "k": base64(SECRET)}), "name its algorithm"),
    ] {
        let found = parse(&[jwk]).unwrap_err();
        assert!(found.contains(reason), "{found}");
    }
    for text in ["", "{}", "[]", "{\"keys\": {}}", "{\"keys\": []}"] {
        assert!(Keys::parse(text.as_bytes()).is_err(), "{text}");
    }
    assert!(!format!("{:?}", keys(&[oct_jwk()])).contains(&base64(SECRET)));
}
