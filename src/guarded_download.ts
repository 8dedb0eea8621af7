/**
 * Downloads public files: unlike the guarded fetch it follows redirects and takes large answers, and sends nothing.
 *
 * @module
 */
import { withEveryAuthority } from "./certificate_authorities.ts";
import { Failed, KeyfobError, Unavailable } from "./errors.ts";
import { isSafeAddress } from "./guarded_fetch.ts";
import { describe, networkFailure } from "./network_failure.ts";
import { proxyFor, refuseUnusableProxy, takingProxy } from "./proxy.ts";

/** Redirects that are followed: a release is served by two or three hops. */
const MOST_REDIRECTS = 5;

/** Seconds without a byte after which a download is given up. */
const LONGEST_SILENCE_SECONDS = 60;

/** What to download, and how much of it at most. */
export interface DownloadRequest {
  readonly url: URL;
  /** Bytes; one more is an error. */
  readonly largest: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The whole file. What it is worth has to be checked by its signature or hash.
 *
 * @throws {Unavailable} `network`, `timeout`, `certificate`, or `download_refused` where the answer is not 200
 * @throws {Failed} `insecure_download`, `too_many_redirects`, `answer_too_large`
 */
export type Download = (request: DownloadRequest) => Promise<Uint8Array<ArrayBuffer>>;

/** See {@link Download}. */
export async function download(request: DownloadRequest): Promise<Uint8Array<ArrayBuffer>> {
  const silence = watchSilence();
  const signal =
    request.signal === undefined ? silence.signal : AbortSignal.any([silence.signal, request.signal]);
  try {
    const response = await follow(request.url, signal);
    return await readAll(response, request, silence.heard);
  } catch (thrown) {
    if (request.signal?.aborted) throw request.signal.reason;
    if (thrown instanceof KeyfobError) throw thrown;
    if (!silence.signal.aborted) throw networkFailure(request.url, thrown, process.env);
    throw new Unavailable(`Cannot download ${describe(request.url)}: no answer in time`, {
      code: "timeout",
      hint: "is the network up, and the proxy right?",
      cause: thrown,
    });
  } finally {
    silence.end();
  }
}

async function follow(start: URL, signal: AbortSignal): Promise<Response> {
  let url = start;
  for (let hops = 0; hops <= MOST_REDIRECTS; hops++) {
    refuseUnsafe(url);
    const response = await send(url, signal);
    const location = response.headers.get("location");
    if (response.status < 300 || response.status >= 400 || location === null) return accepted(response, url);
    await response.body?.cancel();
    url = new URL(location, url);
  }
  throw new Failed(`Cannot download ${describe(start)}: it redirects more than ${MOST_REDIRECTS} times`, {
    code: "too_many_redirects",
  });
}

function send(url: URL, signal: AbortSignal): Promise<Response> {
  const options = {
    headers: { "user-agent": "keyfob" },
    signal,
    redirect: "manual",
    keepalive: false,
    verbose: false,
    tls: { rejectUnauthorized: true, ca: withEveryAuthority([], process.env) },
  } as const;
  return takingProxy(proxyFor(url, process.env), (way) => fetch(url.href, { ...options, ...way }));
}

function refuseUnsafe(url: URL): void {
  const proxy = proxyFor(url, process.env);
  if (proxy !== undefined) refuseUnusableProxy(proxy);
  if (isSafeAddress(url)) return;
  throw new Failed(`Cannot download ${describe(url)}: it is neither https nor on this machine`, {
    code: "insecure_download",
  });
}

async function accepted(response: Response, url: URL): Promise<Response> {
  if (response.status === 200) return response;
  await response.body?.cancel();
  throw new Unavailable(`Cannot download ${describe(url)}: the answer is ${response.status}`, {
    code: "download_refused",
    sent: true,
  });
}

async function readAll(
  response: Response,
  { url, largest }: DownloadRequest,
  heard: () => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    heard();
    size += chunk.byteLength;
    if (size > largest) {
      throw new Failed(`Cannot use ${describe(url)}: it is larger than ${largest} bytes`, {
        code: "answer_too_large",
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Aborts when nothing was heard for too long; a slow download that goes on may take as long as it needs. */
function watchSilence() {
  const abort = new AbortController();
  const start = () => setTimeout(() => abort.abort(), LONGEST_SILENCE_SECONDS * 1000);
  let timer = start();
  const end = (): void => clearTimeout(timer);
  const heard = (): void => {
    end();
    timer = start();
  };
  return { signal: abort.signal, heard, end };
}
