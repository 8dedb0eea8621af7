/**
 * The JSON document in which providers hand out a client, such as Google's `client_secret_*.json`.
 *
 * @module
 */
import { isRawObject, type RawObject } from "./merge.ts";

/** What the document says. */
export interface ClientDocument {
  readonly clientId: string;
  readonly clientSecret?: string;
  /** Whether it is a client of a web server, which loopback addresses may be refused to. */
  readonly isWeb: boolean;
}

/** Whether a file of this name is read as such a document; every other holds a bare secret. */
export function isDocumentName(path: string): boolean {
  return path.toLowerCase().endsWith(".json");
}

/**
 * The client of `text`, whose fields stand at the top, or under `installed` or `web`; else why there is none, which never
 * repeats what stands in the text.
 */
export function readClientDocument(text: string): ClientDocument | string {
  const document = parse(text);
  if (typeof document === "string") return document;
  const inner = document["installed"] ?? document["web"] ?? document;
  const { client_id: id, client_secret: secret } = isRawObject(inner) ? inner : {};
  if (typeof id !== "string" || id === "") return "it holds no client_id";
  const isWeb = document["installed"] === undefined && document["web"] !== undefined;
  return {
    clientId: id,
    isWeb,
    ...(typeof secret === "string" && secret !== "" ? { clientSecret: secret } : {}),
  };
}

function parse(text: string): RawObject | string {
  try {
    const document: unknown = JSON.parse(text);
    return typeof document === "object" && document !== null
      ? (document as RawObject)
      : "it is not a JSON object";
  } catch {
    return "it is not JSON";
  }
}
