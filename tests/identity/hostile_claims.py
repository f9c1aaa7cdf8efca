"""Hostile tokens by what they say: whose they are, for when, for whom, about whom."""

from __future__ import annotations

from tests.identity.hostile import CANARY, NOW_SECONDS, Corpus, claims, raw_claims
from tests.identity.issuer import OMIT

ISSUER: Corpus = {
    # issuer
    "no iss": ("missing_claim", claims(iss=OMIT)),
    "iss is a list": ("invalid_claim", claims(iss=["https://issuer.example"])),
    "iss is null": ("invalid_claim", claims(iss=None)),
    "another iss": ("untrusted_issuer", claims(iss="https://evil.example")),
    "iss with a slash more": ("untrusted_issuer", claims(iss="https://issuer.example/")),
    "iss in capitals": ("untrusted_issuer", claims(iss="HTTPS://ISSUER.EXAMPLE")),
    "iss with a blank": ("untrusted_issuer", claims(iss="https://issuer.example ")),
    "iss over http": ("untrusted_issuer", claims(iss="http://issuer.example")),
    **{
        f"iss is {what}": ("invalid_claim", claims(iss=value))
        for what, value in {
            "a number": 1,
            "true": True,
            "an object": {"https://issuer.example": 1},
            "a list in a list": [["https://issuer.example"]],
        }.items()
    },
    **{
        f"iss {given!r}": ("untrusted_issuer", claims(iss=given))
        for given in (
            "",
            "issuer.example",
            "//issuer.example",
            "https://ISSUER.example",
            "https://issuer.example:443",
            "https://issuer.example.",
            "https://issuer.example/.",
            "https://issuer.example//",
            "https://issuer.example/../issuer.example",
            "https://issuer.example#x",
            "https://issuer.example?x",
            "https://issuer.example\n",
            "https://issuer.example\0",
            "https://issuer.example\\@canary.example",
            "https://issuer.example@canary.example",
            "https://canary.example/https://issuer.example",
            "https://issuer.example.canary.example",
            "https://iѕѕuer.example",
            "https://issuer。example",
            "ｈttps://issuer.example",
            "https://issuer%2Eexample",
            "https://xn--isuer-example",
            "https://issuer.example\u200b",
            "*",
            "https://*.example",
        )
    },
}

_NO_TIMES = {
    "text": "1717380000",
    "text in words": "tomorrow",
    "an ISO date": "2034-06-03T02:00:00Z",
    "a float": 1717380000.5,
    "a float without a fraction": 1717380000.0,
    "a number with an exponent": 1e300,
    "negative": -1717380000,
    "a list": [1717380000],
    "an object": {"$date": 1717380000},
    "false": False,
    "true": True,
    "empty text": "",
    "null": None,
    "beyond 64 bits": 2**64 + 1717380000,
    "of 400 digits": 10**400,
    "in microseconds": 1717380000 * 10**6,
}

TIME: Corpus = {
    # time
    "no exp": ("missing_claim", claims(exp=OMIT)),
    "no iat": ("missing_claim", claims(iat=OMIT)),
    "expired": ("token_expired", claims(iat=NOW_SECONDS - 600, exp=NOW_SECONDS - 31)),
    "exp is text": ("invalid_claim", claims(exp=str(NOW_SECONDS + 60))),
    "exp is a float": ("invalid_claim", claims(exp=NOW_SECONDS + 60.5)),
    "exp is a whole float": (
        "invalid_claim",
        raw_claims(lambda c: c.replace(f'"exp": {NOW_SECONDS + 540}', f'"exp": {NOW_SECONDS + 540}.0')),
    ),
    "exp is true": ("invalid_claim", claims(exp=True)),
    "exp is null": ("invalid_claim", claims(exp=None)),
    "exp is negative": ("invalid_claim", claims(exp=-1)),
    "exp after the year 9999": ("invalid_claim", claims(exp=10**18)),
    "exp in milliseconds": ("invalid_claim", claims(exp=NOW_SECONDS * 1000)),
    "exp before iat": ("invalid_claim", claims(iat=NOW_SECONDS, exp=NOW_SECONDS - 1)),
    "not yet valid": ("token_not_yet_valid", claims(nbf=NOW_SECONDS + 31)),
    "nbf is true": ("invalid_claim", claims(nbf=True)),
    "nbf is text": ("invalid_claim", claims(nbf="0")),
    "issued in the future": ("token_not_yet_valid", claims(iat=NOW_SECONDS + 31, exp=NOW_SECONDS + 600)),
    "issued too long ago": ("token_too_old", claims(iat=NOW_SECONDS - 3631, exp=NOW_SECONDS + 600)),
    "lives for ever": ("token_too_old", claims(iat=0, exp=253_402_300_799)),
    **{
        f"{name} is {what}, in place of a time": ("invalid_claim", claims(**{name: value}))
        for name in ("exp", "iat", "nbf", "auth_time")
        for what, value in _NO_TIMES.items()
    },
    "exp is minus zero": ("invalid_claim", raw_claims(lambda c: c[:-1].replace('"exp": 1', '"x": 1') + ', "exp": -0}')),
    "exp equals iat": ("invalid_claim", claims(iat=NOW_SECONDS, exp=NOW_SECONDS)),
    "expired to the second, leeway included": ("token_expired", claims(iat=NOW_SECONDS - 600, exp=NOW_SECONDS - 30)),
    "not valid for a hundred years": ("token_not_yet_valid", claims(nbf=NOW_SECONDS + 3_155_760_000)),
    "issued in a hundred years": (
        "token_not_yet_valid",
        claims(iat=NOW_SECONDS + 3_155_760_000, exp=NOW_SECONDS + 3_155_760_600),
    ),
    "signed in tomorrow": ("invalid_claim", claims(auth_time=NOW_SECONDS + 86_400)),
}

AUDIENCE: Corpus = {
    # for whom
    "no aud": ("missing_claim", claims(aud=OMIT)),
    "another aud": ("wrong_audience", claims(aud="https://other.example")),
    "aud is a part of ours": ("wrong_audience", claims(aud="https://condau.example/ap")),
    "aud begins as ours": ("wrong_audience", claims(aud="https://condau.example/api/v2")),
    "aud is the client": ("wrong_audience", claims(aud=["vneid-app"])),
    "aud is an empty list": ("invalid_claim", claims(aud=[])),
    "aud holds a number": ("invalid_claim", claims(aud=["https://condau.example/api", 1])),
    "aud is an object": ("invalid_claim", claims(aud={"https://condau.example/api": True})),
    "bound to a DPoP key": ("proof_of_possession_required", claims(cnf={"jkt": "A" * 43})),
    "bound to something unknown": ("unknown_confirmation", claims(cnf={"x": 1})),
    "bound to nothing": ("unknown_confirmation", claims(cnf=None)),
    **{
        f"aud is {what}": ("invalid_claim", claims(aud=value))
        for what, value in {
            "null": None,
            "a number": 1,
            "true": True,
            "empty": "",
            "a list in a list": [["https://condau.example/api"]],
            "a list with null": ["https://condau.example/api", None],
            "a list with an empty text": ["https://condau.example/api", ""],
            "a list with an object": [{"aud": "https://condau.example/api"}],
        }.items()
    },
    **{
        f"aud {given!r}": ("wrong_audience", claims(aud=given))
        for given in (
            "https://condau.example/api/",
            "https://CONDAU.example/api",
            "http://condau.example/api",
            "https://condau.example/api ",
            "https://condau.example/api\n",
            "https://condau.example/api\0",
            "https://condau.example/api,https://other.example",
            "https://other.example https://condau.example/api",
            "https://condau.example%2Fapi",
            "https://condau.example/аpi",
            "https://condau.example/api#",
            "https://condau.example/api?x=1",
            "https://condau.example:443/api",
            "*",
            ".*",
        )
    },
    "bound to a DPoP key and to something else": (
        "unknown_confirmation",
        claims(cnf={"jkt": "A" * 43, "x5t#S256": "A" * 43}),
    ),
    **{
        f"bound by {what}": ("unknown_confirmation", claims(cnf=value))
        for what, value in {
            "a certificate": {"x5t#S256": "A" * 43},
            "a key that comes along": {"jwk": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}},
            "an address of keys": {"jku": CANARY, "kid": "1"},
            "a name of a key": {"kid": "1"},
            "an encrypted key": {"jwe": "a.b.c.d.e"},
            "an empty object": {},
            "a list": [{"jkt": "A" * 43}],
            "text": "A" * 43,
            "true": True,
            "a thumbprint that is a number": {"jkt": 1},
        }.items()
    },
}

PERSON: Corpus = {
    # who
    "no jti": ("missing_claim", claims(jti=OMIT)),
    "jti is a number": ("invalid_claim", claims(jti=7)),
    "no sub": ("missing_claim", claims(sub=OMIT)),
    "sub is empty": ("invalid_claim", claims(sub="")),
    "sub is a number": ("invalid_claim", claims(sub=1)),
    "sub is too long": ("invalid_claim", claims(sub="s" * 256)),
    "sub with a NUL": ("invalid_claim", claims(sub="subject-1\0")),
    "sub with a newline": ("invalid_claim", claims(sub="subject-1\n")),
    "sub beyond ASCII": ("invalid_claim", claims(sub="ѕubject-1")),
    "no client": ("missing_claim", claims(client_id=OMIT)),
    "azp and client_id disagree": ("invalid_claim", claims(azp="portal")),
    "azp is a list": ("invalid_claim", claims(client_id=OMIT, azp=["vneid-app"])),
    "no personal number": ("missing_claim", claims(personal_id=OMIT)),
    "personal number as a number": ("invalid_claim", claims(personal_id=194000001234)),
    "personal number of nine digits": ("invalid_claim", claims(personal_id="012345678")),
    "personal number in other digits": ("invalid_claim", claims(personal_id="٠٠١١٩٤٠٠٠٠٠١")),
    "personal number with a newline": ("invalid_claim", claims(personal_id="001194000001\n")),
    "no name": ("missing_claim", claims(name=OMIT)),
    "name is empty": ("invalid_claim", claims(name="")),
    "name is blank": ("invalid_claim", claims(name=" ")),
    "name is an object": ("invalid_claim", claims(name={"vi": "Anh"})),
    "name is endless": ("invalid_claim", claims(name="A" * 201)),
    "name with a NUL": ("invalid_claim", claims(name="Minh\0Anh")),
    "name that turns the line round": ("invalid_claim", claims(name="Minh\u202eAnh")),
    "name of invisible letters": ("invalid_claim", claims(name="Minh\u200bAnh")),
    "no birth date": ("missing_claim", claims(birthdate=OMIT)),
    "birth date in another form": ("invalid_claim", claims(birthdate="19940308")),
    "birth date as a week": ("invalid_claim", claims(birthdate="1994-W10-2")),
    "birth year only": ("invalid_claim", claims(birthdate="1994")),
    "birth date that never was": ("invalid_claim", claims(birthdate="1994-02-30")),
    "birth date in the year 0": ("invalid_claim", claims(birthdate="0000-03-08")),
    "birth date in the future": ("invalid_claim", claims(birthdate="2024-06-04")),
    "birth date as a number": ("invalid_claim", claims(birthdate=19940308)),
    "gender is a number": ("invalid_claim", claims(gender=2)),
    "no acr": ("missing_claim", claims(acr=OMIT)),
    "an acr that nobody mapped": ("invalid_claim", claims(acr="level-3")),
    "acr in capitals": ("invalid_claim", claims(acr="LEVEL-2")),
    "acr is a list": ("invalid_claim", claims(acr=["level-1", "level-2"])),
    "acr is a number": ("invalid_claim", claims(acr=2)),
    **{
        f"{name} is {what}": ("invalid_claim", claims(**{name: value}))
        for name in ("jti", "sub", "client_id")
        for what, value in {
            "null": None,
            "true": True,
            "false": False,
            "a float": 1.0,
            "a list": ["subject-1"],
            "an object": {"subject-1": 1},
            "blank": " ",
            "with a blank before": " subject-1",
            "with a blank after": "subject-1 ",
            "with a tab": "subject\t1",
            "with a carriage return": "subject-1\r",
            "with an escape sign": "subject-1\x1b[2J",
            "with a letter of another script": "ѕubject-1",
            "with an invisible letter": "subject-1\u200b",
            "turned round": "\u202esubject-1",
            "endless": "s" * 256,
        }.items()
    },
    **{
        f"scope is {what}": ("invalid_claim", claims(scope=value))
        for what, value in {
            "null": None,
            "a list": ["applications:write"],
            "a number": 1,
            "an object": {"applications:write": True},
            "two blanks apart": "applications:read  applications:write",
            "begun with a blank": " applications:write",
            "ended with a newline": "applications:write\n",
            "split by a tab": "applications:read\tapplications:write",
            "in quotes": '"applications:write"',
            "beyond ASCII": "applications:wrіte",
            "endless": "a" * 2001,
        }.items()
    },
    **{
        f"personal number {given!r}": ("invalid_claim", claims(personal_id=given))
        for given in (
            None,
            True,
            1.0,
            [],
            ["001194000001"],
            {},
            "",
            "00119400000",
            "0011940000011",
            " 001194000001",
            "001194000001 ",
            "001 194 000 001",
            "001-194-000001",
            "+01194000001",
            "-01194000001",
            "0x1194000001",
            "00119400000a",
            "001194000001\0",
            "００１１９４０００００１",
            "001194000001' OR '1'='1",
        )
    },
    **{
        f"name {given!r}": ("invalid_claim", claims(name=given))
        for given in (
            None,
            True,
            1,
            [],
            ["Minh Anh"],
            " Minh Anh",
            "Minh Anh ",
            "Minh\nAnh",
            "Minh\tAnh",
            "Minh\rAnh",
            "\x1b[31mMinh Anh",
            "\ufeffMinh Anh",
            "Minh\u2066Anh",
            "Minh\u061cAnh",
            "Minh\ue000Anh",
            "Minh\x85Anh",
            "Minh\x7fAnh",
            "Minh\u0378Anh",
        )
    },
    **{
        f"birth date {given!r}": ("invalid_claim", claims(birthdate=given))
        for given in (
            None,
            True,
            1.5,
            [],
            ["1994-03-08"],
            {},
            "",
            "1994-3-8",
            "94-03-08",
            "08/03/1994",
            "03-08-1994",
            "1994/03/08",
            "1994-03-08T00:00:00Z",
            "1994-03-08 ",
            "1994-03-08\n",
            "-1994-03-08",
            "+1994-03-08",
            "01994-03-08",
            "1994-13-08",
            "1994-00-08",
            "1994-03-00",
            "1994-03-32",
            "1900-02-29",
            "0000-00-00",
            "9999-12-31",
            "１９９４-03-08",
            "1994-067",
        )
    },
    **{
        f"gender is {what}": ("invalid_claim", claims(gender=value))
        for what, value in {"true": True, "a list": ["female"], "an object": {"female": 1}}.items()
    },
    **{
        f"acr {given!r}": ("invalid_claim", claims(acr=given))
        for given in (
            None,
            True,
            0,
            2.0,
            [],
            {},
            {"level-2": True},
            "",
            "0",
            "2",
            " level-2",
            "level-2 ",
            "level-2\0",
            "level-2\n",
            "level-1 level-2",
            "level-1,level-2",
            "level-２",
            "lеvel-2",
            "urn:level-2",
        )
    },
}

OFFICIAL: Corpus = {
    "no unit": ("missing_claim", claims(unit=OMIT)),
    "unit is empty": ("invalid_claim", claims(unit="")),
    "unit is a path": ("invalid_claim", claims(unit="../H26")),
    "unit is a list": ("invalid_claim", claims(unit=["000.00.15.H26"])),
    "no roles": ("missing_claim", claims(roles=OMIT)),
    "roles is empty": ("invalid_claim", claims(roles=[])),
    "roles is text": ("invalid_claim", claims(roles="caseworker")),
    "only roles of other systems": ("invalid_claim", claims(roles=["chef", "admin"])),
    "roles holds a number": ("invalid_claim", claims(roles=["caseworker", 1])),
    "roles without end": ("invalid_claim", claims(roles=["caseworker"] * 65)),
    "role in capitals": ("invalid_claim", claims(roles=["HEAD"])),
}
