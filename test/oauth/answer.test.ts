/**
 * Which answers are believed: state, issuer, errors.
 *
 * @module
 */
import { describe, expect, test } from "bun:test";
import { Unavailable } from "../../src/errors.ts";
import type { Answer } from "../../src/oauth/answer.ts";
import { acceptAnswer } from "../../src/oauth/answer.ts";
import type { Attempt } from "../../src/oauth/attempt.ts";
import type { Exchange } from "../../src/oauth/server.ts";
import { providerAt } from "./fixtures.ts";

const ISSUER = "https://id.example";
const STATE = "state-of-this-login";

const attempt: Attempt = {
  provider: "acme",
  label: "default",
  url: `${ISSUER}/authorize`,
  state: STATE,
  redirectUri: "http://127.0.0.1:5000/callback",
  codeVerifier: "verifier",
  scope: [],
  expiresAt: new Date(),
  choices: {},
  client: { authMethod: "none", origins: [] },
};
const { codeVerifier: _verifier, ...withoutPkce } = attempt;

const withIssuer: Exchange = { provider: providerAt(ISSUER, { issuer: ISSUER }) };
const promising: Exchange = {
  ...withIssuer,
  metadata: { issuer: ISSUER, authorization_response_iss_parameter_supported: true },
};
const withoutIssuer: Exchange = { provider: providerAt(ISSUER) };

function answer(parameters: Record<string, string>, bare = false): Answer {
  return { via: bare ? "paste" : "callback", parameters, bare };
}

function refusal(exchange: Exchange, given: Answer, of: Attempt = attempt) {
  try {
    acceptAnswer(exchange, of, given);
  } catch (failure) {
    if (failure instanceof Error) return failure;
  }
  throw new Error("the answer was accepted");
}

test("an answer with our state and a code is accepted (STANDARDS 14)", () => {
  expect(acceptAnswer(withoutIssuer, attempt, answer({ code: "c", state: STATE }))).toEqual({
    code: "c",
    callback: {},
  });
});

test.each([undefined, "", "other", `${STATE}x`, STATE.slice(1), STATE.toUpperCase()])(
  "the state %p is refused (STANDARDS 9)",
  (state) => {
    const given = answer({ code: "c", ...(state === undefined ? {} : { state }) });
    expect(refusal(withoutIssuer, given)).toMatchObject({ code: "state_mismatch", exitStatus: 1 });
  },
);

test("a wrong state is refused before an error in the answer is believed", () => {
  const given = answer({ error: "access_denied", state: "other" });
  expect(refusal(withoutIssuer, given)).toMatchObject({ code: "state_mismatch" });
});

test("a bare code is accepted with PKCE and refused without (STANDARDS 2)", () => {
  const bare = answer({ code: "c" }, true);
  expect(acceptAnswer(withoutIssuer, attempt, bare)).toMatchObject({ code: "c" });
  expect(refusal(withoutIssuer, bare, withoutPkce)).toMatchObject({ code: "bare_code" });
});

describe("the issuer", () => {
  test("is compared as a simple string (STANDARDS 30)", () => {
    const good = answer({ code: "c", state: STATE, iss: ISSUER });
    expect(acceptAnswer(withIssuer, attempt, good)).toMatchObject({ code: "c" });
    for (const iss of ["https://evil.example", `${ISSUER}/`, "HTTPS://id.example"]) {
      expect(refusal(withIssuer, answer({ code: "c", state: STATE, iss }))).toMatchObject({
        code: "issuer_mismatch",
      });
    }
  });

  test("may be missing where nobody promised it, and must not where metadata did (STANDARDS 31)", () => {
    const silent = answer({ code: "c", state: STATE });
    expect(acceptAnswer(withIssuer, attempt, silent)).toMatchObject({ code: "c" });
    for (const given of [silent, answer({ code: "c", state: STATE, iss: "" })]) {
      expect(refusal(promising, given)).toMatchObject({ code: "issuer_mismatch" });
    }
  });

  test("that was cut off a pasted address asks for the whole of it, and speaks of no attack", () => {
    const cut: Answer = { ...answer({ code: "c", state: STATE }), via: "paste" };
    const failure = refusal({ ...promising, account: "acme/work" }, cut);
    expect(failure).toMatchObject({ code: "issuer_mismatch", exitStatus: 1 });
    expect(failure.message).toStartWith('Cannot log in to "acme/work": the answer does not say from whom');
    expect(failure).toMatchObject({ hint: expect.stringContaining("copied whole? Paste the whole address") });
    const other = refusal(promising, {
      ...cut,
      parameters: { ...cut.parameters, iss: "https://evil.example" },
    });
    expect(other).toMatchObject({ hint: expect.stringContaining("mixing up logins") });
  });

  test("must not be missing where metadata that may promise it cannot be had: for now (STANDARDS 31)", () => {
    const metadataFailure = new Unavailable("Cannot reach the issuer");
    const unread = { ...withIssuer, metadataFailure };
    for (const more of [{ code: "c" }, { code: "c", iss: "" }, { error: "access_denied" }]) {
      const failure = refusal(unread, answer({ ...more, state: STATE }));
      expect(failure).toMatchObject({ code: "issuer_unknown", exitStatus: 3 });
      expect(failure.message).toContain("Cannot reach the issuer");
    }
    expect(acceptAnswer(unread, attempt, answer({ code: "c", state: STATE, iss: ISSUER }))).toBeDefined();
    expect(acceptAnswer(unread, attempt, answer({ code: "c" }, true))).toBeDefined();
    const provider = { ...unread.provider, authorization_response_iss_parameter_supported: false };
    const settled = answer({ code: "c", state: STATE });
    expect(acceptAnswer({ ...unread, provider }, attempt, settled)).toBeDefined();
    expect(refusal(unread, answer({ code: "c", state: STATE, iss: "https://evil.example" }))).toMatchObject({
      code: "issuer_mismatch",
    });
  });

  test("may be missing where the entry overrules the metadata", () => {
    const { provider } = withIssuer;
    const overruled = { ...provider, authorization_response_iss_parameter_supported: false };
    const silent = answer({ code: "c", state: STATE });
    expect(acceptAnswer({ ...promising, provider: overruled }, attempt, silent)).toMatchObject({ code: "c" });
  });

  test("may be missing for a bare code under PKCE, though promised (STANDARDS 31)", () => {
    expect(acceptAnswer(promising, attempt, answer({ code: "c" }, true))).toMatchObject({ code: "c" });
  });

  test("is judged before the answer's error, whose text is not shown (STANDARDS 32)", () => {
    const mixed = {
      error: "access_denied",
      error_description: "call 0800-EVIL",
      state: STATE,
      iss: "https://evil.example",
    };
    const failure = refusal(withIssuer, answer(mixed));
    expect(failure).toMatchObject({ code: "issuer_mismatch" });
    expect(failure.message).not.toMatch(/EVIL|access_denied|evil\.example/);
  });

  test("is judged in errors too where it is missing though promised", () => {
    const silent = answer({ error: "access_denied", error_description: "EVIL", state: STATE });
    expect(refusal(promising, silent).message).not.toContain("EVIL");
  });

  test("is ignored for entries that name none", () => {
    const given = answer({ code: "c", state: STATE, iss: "https://github.com/login/oauth" });
    expect(acceptAnswer(withoutIssuer, attempt, given)).toMatchObject({ code: "c" });
  });
});

describe("an error", () => {
  const cases: readonly (readonly [error: string, exitStatus: number])[] = [
    ["access_denied", 5],
    ["invalid_scope", 5],
    ["unauthorized_client", 5],
    ["temporarily_unavailable", 3],
    ["server_error", 3],
  ];
  test.each(cases)("%s ends with status %d and keeps its code", (error, exitStatus) => {
    const failure = refusal(withIssuer, answer({ error, state: STATE, error_description: "because" }));
    expect(failure).toMatchObject({ code: error, exitStatus });
    expect(failure.message).toContain("because");
  });

  test("loses its hostile characters (STANDARDS 78)", () => {
    const given = answer({ error: "bad\u001b[2J", error_description: "a\u202eb\u200b\r\nc", state: STATE });
    const { message } = refusal(withIssuer, given);
    expect(message).toContain("bad[2J");
    expect(message).toContain("(ab c)");
  });

  test("wins over a code beside it", () => {
    const given = answer({ error: "access_denied", code: "c", state: STATE });
    expect(refusal(withIssuer, given)).toMatchObject({ exitStatus: 5 });
  });
});

test("an answer with no code, or an empty one, is refused", () => {
  for (const parameters of [{}, { code: "" }]) {
    expect(refusal(withIssuer, answer({ ...parameters, state: STATE }))).toMatchObject({ code: "no_code" });
  }
});

test.each(["token", "response", "id_token", "access_token", "session_state"])(
  "a parameter named %s does no harm",
  (name) => {
    const given = answer({ code: "c", state: STATE, [name]: "x.y.z" });
    expect(acceptAnswer(withIssuer, attempt, given)).toMatchObject({ code: "c" });
  },
);

test("only the callback values that the entry keeps are kept", () => {
  const exchange = { provider: providerAt(ISSUER, { callback: { keep: ["realmId", "absent"] } }) };
  const given = answer({ code: "c", state: STATE, realmId: "7", other: "8" });
  expect(acceptAnswer(exchange, attempt, given).callback).toEqual({ realmId: "7" });
});

test("no refusal repeats the code or the state", () => {
  const given = answer({ code: "c0de-secret", state: "other-state-secret" });
  expect(refusal(withIssuer, given).message).not.toContain("secret");
  const mixed = answer({ code: "c0de-secret", state: STATE, iss: "https://evil.example" });
  expect(refusal(withIssuer, mixed).message).not.toContain("c0de-secret");
});
