/**
 * The small parts of waiting: the forward, the countdown, keys that are commands, settling one at a time.
 *
 * @module
 */
import { describe, expect, test } from "bun:test";
import { timeLeft } from "../../src/login/countdown.ts";
import { KeyListener } from "../../src/login/key_commands.ts";
import { drawQrCode } from "../../src/login/qr_code.ts";
import { forwardCommand } from "../../src/login/ssh_forward.ts";
import { readUserName } from "../../src/login/user_name.ts";

describe("the SSH forward", () => {
  test.each([
    ["the usual port", "192.0.2.1 5 192.0.2.2 22", "ssh -L 1455:localhost:1455 ada@192.0.2.2"],
    ["another port", "192.0.2.1 5 192.0.2.2 2222", "ssh -p 2222 -L 1455:localhost:1455 ada@192.0.2.2"],
    ["IPv6", "2001:db8::1 5 2001:db8::2 22", "ssh -L 1455:localhost:1455 ada@2001:db8::2"],
    ["nobody connected", "", undefined],
    ["half a connection", "192.0.2.1", undefined],
    ["a hostile host", "1 2 $(reboot) 22", undefined],
  ])("%s", (_name, connection, command) => {
    const environment = { SSH_CONNECTION: connection };
    expect(forwardCommand({ environment, user: "ada", port: 1455 })).toBe(command as string);
  });

  test("is not offered where the user's name is unknown or could break out of the command", () => {
    const environment = { SSH_CONNECTION: "192.0.2.1 5 192.0.2.2 22" };
    for (const user of [undefined, "", "a;b"]) {
      expect(forwardCommand({ environment, user, port: 1 })).toBeUndefined();
    }
  });

  test("names the user from the environment, before sudo, else from the system", () => {
    expect(readUserName({ SUDO_USER: "ada", USER: "root" })).toBe("ada");
    expect(readUserName({ LOGNAME: "grace" })).toBe("grace");
    expect(readUserName({})).toMatch(/^[a-z_][\w-]*$/);
  });
});

test.each([
  [299.2, "5:00"],
  [59, "0:59"],
  [3661, "1:01:01"],
  [0, "0:00"],
  [-5, "0:00"],
])("%d seconds are left: %s", (seconds, text) => {
  expect(timeLeft(new Date(seconds * 1000), new Date(0))).toBe(text);
});

describe("a key", () => {
  function listen() {
    const heard: string[] = [];
    const listener = new KeyListener({ c: () => heard.push("copied") }, (text) => heard.push(text));
    return { heard, listener };
  }

  test("that stands alone is a command", async () => {
    const { heard, listener } = listen();
    listener.take("c", true);
    await Bun.sleep(350);
    expect(heard).toEqual(["copied"]);
  });

  test("that others follow at once is the beginning of a code", async () => {
    const { heard, listener } = listen();
    for (const key of "code") listener.take(key, true);
    await Bun.sleep(350);
    expect(heard.join("")).toBe("code");
  });

  test("is typed where something is typed already, and nothing happens after the end", async () => {
    const { heard, listener } = listen();
    listener.take("c", false);
    listener.take("c", true);
    listener.close();
    await Bun.sleep(350);
    expect(heard).toEqual(["c"]);
  });
});

test("a QR code is square, framed in light, and as wide as it says", () => {
  const { lines, width } = drawQrCode("https://id.acme.example/device?user_code=WDJB-MJHT")!;
  expect(lines).toHaveLength(Math.ceil(width / 2));
  for (const line of lines) expect(line).toHaveLength(width);
  expect(lines[0]).toBe("█".repeat(width));
});

test("a text is drawn up to the longest that a QR code holds, and none is drawn of a longer one", () => {
  const address = (length: number): string => "https://id.acme.example/?".padEnd(length, "x");
  expect(drawQrCode(address(2953))).toBeDefined();
  expect(drawQrCode(address(2954))).toBeUndefined();
  expect(drawQrCode("é".repeat(1477))).toBeUndefined();
});
