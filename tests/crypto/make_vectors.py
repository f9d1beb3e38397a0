#!/usr/bin/env python3
"""Writes the project's own test vectors, from a second implementation.

Everything but BLAKE2b (hashlib) is written here from the specifications, in plain Python without
packages and without a look at crypto/: X25519 (RFC 7748), ChaCha20-Poly1305 (RFC 8439), HChaCha20
(draft-irtf-cfrg-xchacha), Ed25519 (RFC 8032) and the Noise Protocol Framework rev 34. Slow and not
constant-time: for vectors only.

    python3 tests/crypto/make_vectors.py          # writes into tests/golden/
    python3 tests/crypto/make_vectors.py --check  # fails when the files there differ
"""

import hashlib
import json
import pathlib
import struct
import sys

GOLDEN = pathlib.Path(__file__).resolve().parent.parent / "golden"


# --- primitives -------------------------------------------------------------------------------

P = 2**255 - 19


def x25519(scalar, u):
    k = bytearray(scalar)
    k[0] &= 248
    k[31] = k[31] & 127 | 64
    k = int.from_bytes(k, "little")
    x1 = int.from_bytes(u, "little") & (1 << 255) - 1
    x2, z2, x3, z3, swap = 1, 0, x1, 1, 0
    for t in reversed(range(255)):
        bit = k >> t & 1
        if swap ^ bit:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = bit
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        aa, bb, da, cb = a * a % P, b * b % P, d * a % P, c * b % P
        e = aa - bb
        x3, z3 = (da + cb) ** 2 % P, x1 * (da - cb) ** 2 % P
        x2, z2 = aa * bb % P, e * (aa + 121665 * e) % P
    if swap:
        x2, z2 = x3, z3
    return (x2 * pow(z2, P - 2, P) % P).to_bytes(32, "little")


def x25519_public(scalar):
    return x25519(scalar, bytes([9]) + bytes(31))


def rotate(x, n):
    return (x << n | x >> 32 - n) & 0xFFFFFFFF


def chacha_rounds(state):
    s = list(state)

    def quarter(a, b, c, d):
        s[a] = s[a] + s[b] & 0xFFFFFFFF
        s[d] = rotate(s[d] ^ s[a], 16)
        s[c] = s[c] + s[d] & 0xFFFFFFFF
        s[b] = rotate(s[b] ^ s[c], 12)
        s[a] = s[a] + s[b] & 0xFFFFFFFF
        s[d] = rotate(s[d] ^ s[a], 8)
        s[c] = s[c] + s[d] & 0xFFFFFFFF
        s[b] = rotate(s[b] ^ s[c], 7)

    for _ in range(10):
        for i in range(4):
            quarter(i, i + 4, i + 8, i + 12)
        for i in range(4):
            quarter(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    return s


SIGMA = struct.unpack("<4I", b"expand 32-byte k")


def chacha_block(key, counter, nonce):
    state = SIGMA + struct.unpack("<8I", key) + (counter,) + struct.unpack("<3I", nonce)
    words = (a + b & 0xFFFFFFFF for a, b in zip(chacha_rounds(state), state))
    return struct.pack("<16I", *words)


def hchacha(key, nonce16):
    s = chacha_rounds(SIGMA + struct.unpack("<8I", key) + struct.unpack("<4I", nonce16))
    return struct.pack("<8I", *(s[:4] + s[12:]))


def chacha_xor(key, counter, nonce, data):
    out = bytearray()
    for at in range(0, len(data), 64):
        block = chacha_block(key, counter + at // 64, nonce)
        out += bytes(a ^ b for a, b in zip(data[at : at + 64], block))
    return bytes(out)


def poly1305(key, message):
    r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    s = int.from_bytes(key[16:], "little")
    total = 0
    for at in range(0, len(message), 16):
        total = (total + int.from_bytes(message[at : at + 16] + b"\1", "little")) * r % (2**130 - 5)
    return (total + s & 2**128 - 1).to_bytes(16, "little")


def aead(key, nonce, ad, plain):
    cipher = chacha_xor(key, 1, nonce, plain)

    def pad(data):
        return data + bytes(-len(data) % 16)

    covered = pad(ad) + pad(cipher) + struct.pack("<QQ", len(ad), len(cipher))
    return cipher + poly1305(chacha_block(key, 0, nonce)[:32], covered)


def xaead(key, nonce24, ad, plain):
    return aead(hchacha(key, nonce24[:16]), bytes(4) + nonce24[16:], ad, plain)


# Ed25519 on affine points: slow, short.
D = -121665 * pow(121666, P - 2, P) % P
L = 2**252 + 27742317777372353535851937790883648493
BASE_Y = 4 * pow(5, P - 2, P) % P
BASE_X = 15112221349535400772501151409588531511454012693041857206046113283949847762202


def point_add(p, q):
    (x1, y1), (x2, y2) = p, q
    k = D * x1 * x2 * y1 * y2 % P
    return (
        (x1 * y2 + x2 * y1) * pow(1 + k, P - 2, P) % P,
        (y1 * y2 + x1 * x2) * pow(1 - k, P - 2, P) % P,
    )


def point_multiply(n, p):
    out = (0, 1)
    while n:
        if n & 1:
            out = point_add(out, p)
        p = point_add(p, p)
        n >>= 1
    return out


def point_encode(p):
    return (p[1] | (p[0] & 1) << 255).to_bytes(32, "little")


def ed25519(seed, message):
    """Returns (public key, signature)."""
    digest = hashlib.sha512(seed).digest()
    a = int.from_bytes(digest[:32], "little") & (1 << 254) - 8 | 1 << 254
    base = (BASE_X, BASE_Y)
    public = point_encode(point_multiply(a, base))
    r = int.from_bytes(hashlib.sha512(digest[32:] + message).digest(), "little") % L
    point = point_encode(point_multiply(r, base))
    h = int.from_bytes(hashlib.sha512(point + public + message).digest(), "little") % L
    return public, point + ((r + h * a) % L).to_bytes(32, "little")


def blake2b(data, size=64, key=b"", person=b""):
    return hashlib.blake2b(data, digest_size=size, key=key, person=person).digest()


def hmac(key, data):
    key = (blake2b(key) if len(key) > 128 else key).ljust(128, b"\0")
    inner = blake2b(bytes(b ^ 0x36 for b in key) + data)
    return blake2b(bytes(b ^ 0x5C for b in key) + inner)


def hkdf(chaining_key, ikm, count):
    temp = hmac(chaining_key, ikm)
    outputs, last = [], b""
    for i in range(count):
        last = hmac(temp, last + bytes([i + 1]))
        outputs.append(last)
    return outputs


# --- Noise ------------------------------------------------------------------------------------

# As printed in sections 7.4 and 7.5; arrows for direction, "..." after pre-messages.
PATTERNS = {
    "N": "<- s ... -> e, es",
    "K": "-> s <- s ... -> e, es, ss",
    "X": "<- s ... -> e, es, s, ss",
    "NN": "-> e <- e, ee",
    "NK": "<- s ... -> e, es <- e, ee",
    "NX": "-> e <- e, ee, s, es",
    "XN": "-> e <- e, ee -> s, se",
    "XK": "<- s ... -> e, es <- e, ee -> s, se",
    "XX": "-> e <- e, ee, s, es -> s, se",
    "KN": "-> s ... -> e <- e, ee, se",
    "KK": "-> s <- s ... -> e, es, ss <- e, ee, se",
    "KX": "-> s ... -> e <- e, ee, se, s, es",
    "IN": "-> e, s <- e, ee, se",
    "IK": "<- s ... -> e, es, s, ss <- e, ee, se",
    "IX": "-> e, s <- e, ee, se, s, es",
}


def lines(text):
    """[(arrow, [tokens])] of "-> e, s <- e"."""
    out = []
    for word in text.split():
        if word in ("->", "<-"):
            out.append((word, []))
        else:
            out[-1][1].append(word.rstrip(","))
    return out


class Party:
    """Both roles run the same steps; `mine` is the arrow of the messages this party writes."""

    def __init__(self, name, mine, prologue, static, ephemeral, remote_static, psks):
        pattern, modifiers = name.split("_")[1], []
        base = pattern.rstrip("psk0123456789+")
        if pattern != base:
            modifiers = [int(m[3:]) for m in pattern[len(base) :].split("+")]
        before, dots, after = PATTERNS[base].rpartition("...")
        self.messages = lines(after)
        for place in modifiers:
            if place == 0:
                self.messages[0][1].insert(0, "psk")
            else:
                self.messages[place - 1][1].append("psk")
        self.mine, self.psks, self.has_psk = mine, list(psks), bool(psks)
        self.s, self.e, self.rs, self.re = static, ephemeral, remote_static, None
        self.h = name.encode().ljust(64, b"\0") if len(name) <= 64 else blake2b(name.encode())
        self.ck, self.k, self.n = self.h, None, 0
        self.mix_hash(prologue)
        for arrow, _ in lines(before):
            self.mix_hash(x25519_public(self.s) if arrow == mine else self.rs)

    def mix_hash(self, data):
        self.h = blake2b(self.h + data)

    def mix_key(self, ikm):
        self.ck, k = hkdf(self.ck, ikm, 2)
        self.k, self.n = k[:32], 0

    def token(self, token):
        if token == "psk":
            self.ck, temp, k = hkdf(self.ck, self.psks.pop(0), 3)
            self.mix_hash(temp)
            self.k, self.n = k[:32], 0
            return
        own, peer = token if self.mine == "->" else reversed(token)
        self.mix_key(x25519({"e": self.e, "s": self.s}[own], {"e": self.re, "s": self.rs}[peer]))

    def crypt(self, data):
        if self.k is None:
            return data
        out = aead(self.k, bytes(4) + struct.pack("<Q", self.n), self.h, data)
        self.n += 1
        return out

    def write(self, tokens, payload):
        out = b""
        for token in tokens:
            if token == "e":
                public = x25519_public(self.e)
                out += public
                self.mix_hash(public)
                if self.has_psk:
                    self.mix_key(public)
            elif token == "s":
                sealed = self.crypt(x25519_public(self.s))
                self.mix_hash(sealed)
                out += sealed
            else:
                self.token(token)
        sealed = self.crypt(payload)
        self.mix_hash(sealed)
        return out + sealed

    def read(self, tokens, message, writer):
        """Follows `writer`'s message. Decryption is encryption again: the plaintext is known here."""
        for token in tokens:
            if token == "e":
                self.re, message = message[:32], message[32:]
                self.mix_hash(self.re)
                if self.has_psk:
                    self.mix_key(self.re)
            elif token == "s":
                size = 32 if self.k is None else 48
                self.rs = x25519_public(writer.s)
                assert self.crypt(self.rs) == message[:size]
                self.mix_hash(message[:size])
                message = message[size:]
            else:
                self.token(token)
        return message

    def finish_read(self, rest, payload):
        assert self.crypt(payload) == rest
        self.mix_hash(rest)


def seeded(*words):
    return blake2b(" ".join(map(str, words)).encode(), 32)


def noise_vector(pattern):
    name = f"Noise_{pattern}_25519_ChaChaPoly_BLAKE2b"
    base = pattern.rstrip("psk0123456789+")
    before, _, after = PATTERNS[base].rpartition("...")
    knows = {arrow for arrow, _ in lines(before)}
    uses = {arrow for arrow, tokens in lines(PATTERNS[base].replace("...", "")) if "s" in tokens}
    one_way = len(lines(after)) == 1
    psks = [seeded(pattern, "psk", i) for i in range(pattern.count("psk"))]
    prologue = b"holm " + pattern.encode()
    statics = {a: seeded(pattern, "static", a) for a in uses}
    ephemerals = {"->": seeded(pattern, "ephemeral", "->")}
    if not one_way:
        ephemerals["<-"] = seeded(pattern, "ephemeral", "<-")
    other = {"->": "<-", "<-": "->"}
    public = {a: x25519_public(s) for a, s in statics.items()}
    parties = {
        a: Party(
            name, a, prologue, statics.get(a), ephemerals.get(a),
            public[other[a]] if other[a] in knows else None, psks,
        )
        for a in other
    }

    messages = []
    for i, (arrow, tokens) in enumerate(parties["->"].messages):
        writer, reader = parties[arrow], parties[other[arrow]]
        payload = b"" if i == 1 else seeded(pattern, "payload", i)[: 5 + 7 * i]
        message = writer.write(tokens, payload)
        reader.finish_read(reader.read(tokens, message, writer), payload)
        messages.append((payload, message))
    a, b = parties["->"], parties["<-"]
    assert (a.h, a.ck) == (b.h, b.ck)
    keys = [k[:32] for k in hkdf(a.ck, b"", 2)]
    nonces = [0, 0]
    for i in range(len(messages), len(messages) + 3):
        which = 0 if one_way else i % 2
        payload = b"" if i % 3 == 2 else seeded(pattern, "payload", i)
        nonce = bytes(4) + struct.pack("<Q", nonces[which])
        messages.append((payload, aead(keys[which], nonce, b"", payload)))
        nonces[which] += 1

    out = {"protocol_name": name, "init_prologue": prologue.hex(), "resp_prologue": prologue.hex()}
    for arrow, who in (("->", "init"), ("<-", "resp")):
        if psks:
            out[who + "_psks"] = [p.hex() for p in psks]
        if arrow in statics:
            out[who + "_static"] = statics[arrow].hex()
        if arrow in ephemerals:
            out[who + "_ephemeral"] = ephemerals[arrow].hex()
        if other[arrow] in knows:
            out[who + "_remote_static"] = public[other[arrow]].hex()
    out["handshake_hash"] = a.h.hex()
    out["messages"] = [{"payload": p.hex(), "ciphertext": c.hex()} for p, c in messages]
    return out


# All plain patterns, the one that links use, and psk in every place, alone and together.
NOISE = list(PATTERNS) + """
    Npsk0 Kpsk0 Xpsk1 Npsk0+psk1 NNpsk0 NNpsk1 NNpsk2 NKpsk0 NKpsk2 NXpsk2 KNpsk0 KNpsk2 KKpsk0 KKpsk2
    KXpsk2 XNpsk3 XKpsk3 XXpsk0 XXpsk1 XXpsk2 XXpsk3 INpsk1 INpsk2 IKpsk1 IKpsk2 IXpsk2 XXpsk0+psk1
    XXpsk0+psk1+psk2+psk3 NNpsk0+psk1+psk2
    """.split()


# --- Holm's own constructions -----------------------------------------------------------------


def labelled(label, data=b""):
    return bytes([len(label)]) + label + data


def part(data):
    return struct.pack("<Q", len(data)) + data


def seal(key, nonce, aad, plain):
    derived = blake2b(labelled(b"holm seal v1") + nonce + aad, 64, key)
    return nonce + derived[:32] + xaead(derived[32:], nonce, aad, plain)


def box(recipient_public, ephemeral, nonce, aad, plain):
    public = x25519_public(ephemeral)
    shared = x25519(ephemeral, recipient_public)
    key = blake2b(labelled(b"holm box v1", public + recipient_public), 32, shared, b"holm kdf")
    return public + seal(key, nonce, aad, plain)


def key_box(recipient_public, ephemeral, context, secret):
    bound = x25519_public(ephemeral) + recipient_public + context
    shared = x25519(ephemeral, recipient_public)
    key = blake2b(labelled(b"holm key box v1", bound), 32, shared, b"holm kdf")
    return aead(key, bytes(12), b"", secret)


def crypto_vectors():
    hashes, macs, kdfs, signs, seals, boxes, hkdfs, rekeys = [], [], [], [], [], [], [], []
    key_boxes = []
    texts = [[], [b""], [b"ab", b"c"], [b"a", b"bc"], [bytes(range(200)), b"", bytes(300)]]
    for label in (b"x", b"holm test v1", b"l" * 255):
        for parts in texts:
            hashes.append({
                "label": label.decode(),
                "parts": [p.hex() for p in parts],
                "digest": blake2b(labelled(label, b"".join(map(part, parts))), 32).hex(),
            })
    for i, size in enumerate((0, 1, 31, 128, 1000)):
        key, data = seeded("key", i), seeded("data", i) * 32
        data = data[:size]
        label = b"holm test v1"
        out = {"key": key.hex(), "label": label.decode(), "data": data.hex()}
        macs.append(out | {"mac": blake2b(labelled(label, data), 32, key, b"holm mac").hex()})
        derived = blake2b(labelled(label, data), 32, key, b"holm kdf")
        kdfs.append(out | {"derived": derived.hex()})
        public, signature = ed25519(key, labelled(label, data))
        signs.append(out | {"public": public.hex(), "signature": signature.hex()})
        nonce = blake2b(b"nonce" + bytes([i]), 24)
        aad = seeded("aad", i)[: 8 * i]
        seals.append({
            "key": key.hex(), "random": nonce.hex(), "aad": aad.hex(), "plain": data.hex(),
            "sealed": seal(key, nonce, aad, data).hex(),
        })
        ephemeral = seeded("ephemeral", i)
        boxes.append({
            "recipient": key.hex(), "random": (ephemeral + nonce).hex(), "aad": aad.hex(),
            "plain": data.hex(),
            "box": box(x25519_public(key), ephemeral, nonce, aad, data).hex(),
        })
        key_boxes.append({
            "recipient": key.hex(), "ephemeral": ephemeral.hex(), "context": aad.hex(),
            "key": seeded("secret", i).hex(),
            "box": key_box(x25519_public(key), ephemeral, aad, seeded("secret", i)).hex(),
        })
        hkdfs.append({
            "chaining_key": (key + key).hex(), "input": data.hex(),
            "outputs": [o.hex() for o in hkdf(key + key, data, 3)],
        })
        rekeys.append({
            "key": key.hex(),
            "next": aead(key, bytes(4) + b"\xff" * 8, b"", bytes(32))[:32].hex(),
        })
    long_key = bytes(range(200))
    return {
        "hash": hashes, "mac": macs, "kdf": kdfs, "sign": signs, "seal": seals, "box": boxes,
        "key_box": key_boxes, "hkdf": hkdfs, "rekey": rekeys,
        "hmac": [
            {"key": k.hex(), "data": b"what do ya want for nothing?".hex(),
             "mac": hmac(k, b"what do ya want for nothing?").hex()}
            for k in (b"Jefe", long_key[:128], long_key[:129], long_key)
        ],
    }


def self_check():
    """Published answers, so that a slip here isn't taken for the truth."""
    h = bytes.fromhex
    assert x25519(  # RFC 7748, section 5.2
        h("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"),
        h("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c"),
    ) == h("c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552")
    sunscreen = (
        b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
        b"sunscreen would be it."
    )
    assert aead(  # RFC 8439, section 2.8.2
        bytes(range(0x80, 0xA0)), h("070000004041424344454647"), h("50515253c0c1c2c3c4c5c6c7"),
        sunscreen,
    )[-16:] == h("1ae10b594f09e26a7e902ecbd0600691")
    assert hchacha(  # draft-irtf-cfrg-xchacha-03, section 2.2.1
        bytes(range(32)), h("000000090000004a0000000031415927")
    ) == h("82413b4227b27bfed30e42508a877d73a0f9e4d58a74a853c12ec41326d3ecdc")
    public, signature = ed25519(  # RFC 8032, section 7.1, test 1
        h("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"), b""
    )
    assert public == h("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    assert signature == h(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    )
    public, signature = ed25519(  # test 2
        h("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"), b"\x72"
    )
    assert public == h("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    assert signature == h(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )


def render(value):
    return json.dumps(value, indent=1) + "\n"


def main():
    self_check()
    files = {
        "noise_vectors.json": render({"vectors": [noise_vector(p) for p in NOISE]}),
        "crypto_vectors.json": render(crypto_vectors()),
    }
    for name, text in files.items():
        path = GOLDEN / name
        if "--check" in sys.argv[1:]:
            if not path.exists() or path.read_text() != text:
                sys.exit(f"{path} differs from what this script makes")
        else:
            path.write_text(text)


main()
