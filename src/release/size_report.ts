/**
 * How large a release is, and how large it may be.
 *
 * @module
 */
import { Failed } from "../errors.ts";

/** Bytes of one platform. */
export interface Size {
  readonly platform: string;
  readonly program: number;
  readonly archive: number;
}

const MEBIBYTE = 1024 * 1024;

/**
 * Bytes that the program and the archive of a platform may have. The program is Bun 1.4.5's runtime (95 to 103 MiB
 * on Linux) and about 6 MiB of ours with its bytecode; the archive is half of it. Raise these only with the reason
 * said here.
 */
const MOST_PROGRAM_BYTES = 120 * MEBIBYTE;
const MOST_ARCHIVE_BYTES = 56 * MEBIBYTE;

/**
 * Refuses a release that has grown beyond its limits.
 *
 * @throws {Failed} `too_large`
 */
export function refuseGrowth(sizes: readonly Size[]): void {
  for (const { platform, program, archive } of sizes) {
    if (program <= MOST_PROGRAM_BYTES && archive <= MOST_ARCHIVE_BYTES) continue;
    throw new Failed(
      `Cannot release "${platform}": it has grown beyond what src/release/size_report.ts allows`,
      {
        code: "too_large",
        hint: `program ${mebibytes(program)}, archive ${mebibytes(archive)}`,
      },
    );
  }
}

/** A table for people. */
export function sizeReport(sizes: readonly Size[]): string {
  const rows = sizes.map(({ platform, program, archive }) =>
    [platform.padEnd(20), mebibytes(program).padStart(12), mebibytes(archive).padStart(12)].join(""),
  );
  return [`${"PLATFORM".padEnd(20)}${"PROGRAM".padStart(12)}${"ARCHIVE".padStart(12)}`, ...rows, ""].join(
    "\n",
  );
}

function mebibytes(bytes: number): string {
  return `${(bytes / MEBIBYTE).toFixed(1)} MiB`;
}
