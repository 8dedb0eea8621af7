/**
 * What a release says of the sources it was built from; nothing here depends on when or where it is built.
 *
 * @module
 */
import { ConfigurationError } from "../errors.ts";
import metadata from "../../package.json" with { type: "json" };
import { output } from "./tool.ts";

/** The sources of one release. */
export interface SourceFacts {
  readonly version: string;
  /** Ends in `-dirty` where files differ from the commit. */
  readonly commit: string;
  /** Seconds since 1970 of the commit, or `SOURCE_DATE_EPOCH`: the time of every file in an archive. */
  readonly epochSeconds: number;
  /** The same as RFC 3339. */
  readonly date: string;
}

/**
 * Reads the facts of the checkout in `folder`.
 *
 * @throws {ConfigurationError} `bad_epoch`
 * @throws {Failed} `tool_failed` where it is no git checkout
 */
export async function readSourceFacts(
  folder: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<SourceFacts> {
  const [commit, changes] = await Promise.all([
    output(["git", "rev-parse", "HEAD"], { folder }),
    output(["git", "status", "--porcelain"], { folder }),
  ]);
  const time =
    environment["SOURCE_DATE_EPOCH"] ?? (await output(["git", "log", "-1", "--format=%ct"], { folder }));
  const epochSeconds = Number(time.trim());
  if (!Number.isSafeInteger(epochSeconds) || epochSeconds < 0) {
    throw new ConfigurationError(`Cannot use SOURCE_DATE_EPOCH "${time}": it is not a number of seconds`, {
      code: "bad_epoch",
    });
  }
  return {
    version: metadata.version,
    commit: commit.trim() + (changes === "" ? "" : "-dirty"),
    epochSeconds,
    date: new Date(epochSeconds * 1000).toISOString().replace(".000Z", "Z"),
  };
}
