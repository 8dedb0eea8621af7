/**
 * The platforms that releases are built for, by the names that their files carry.
 *
 * @module
 */

/** One build of a release. */
export interface Platform {
  /** As in the names of its files. */
  readonly name: string;
  /** What `bun build --target` calls it. */
  readonly target: string;
  /** Name of the program in its archive. */
  readonly program: string;
  /** `os`, `cpu` and `libc` of its npm package (package.json); absent where npm cannot tell it from another. */
  readonly npm?: { readonly os: string; readonly cpu: string; readonly libc?: string };
}

/** Every platform, in the order of a release's listing. */
export const PLATFORMS: readonly Platform[] = [
  {
    name: "linux-x64",
    target: "bun-linux-x64-modern",
    program: "keyfob",
    npm: { os: "linux", cpu: "x64", libc: "glibc" },
  },
  { name: "linux-x64-baseline", target: "bun-linux-x64-baseline", program: "keyfob" },
  {
    name: "linux-x64-musl",
    target: "bun-linux-x64-musl",
    program: "keyfob",
    npm: { os: "linux", cpu: "x64", libc: "musl" },
  },
  {
    name: "linux-arm64",
    target: "bun-linux-arm64",
    program: "keyfob",
    npm: { os: "linux", cpu: "arm64", libc: "glibc" },
  },
  {
    name: "linux-arm64-musl",
    target: "bun-linux-arm64-musl",
    program: "keyfob",
    npm: { os: "linux", cpu: "arm64", libc: "musl" },
  },
  {
    name: "darwin-x64",
    target: "bun-darwin-x64",
    program: "keyfob",
    npm: { os: "darwin", cpu: "x64" },
  },
  {
    name: "darwin-arm64",
    target: "bun-darwin-arm64",
    program: "keyfob",
    npm: { os: "darwin", cpu: "arm64" },
  },
  {
    name: "windows-x64",
    target: "bun-windows-x64",
    program: "keyfob.exe",
    npm: { os: "win32", cpu: "x64" },
  },
  {
    name: "windows-arm64",
    target: "bun-windows-arm64",
    program: "keyfob.exe",
    npm: { os: "win32", cpu: "arm64" },
  },
];
