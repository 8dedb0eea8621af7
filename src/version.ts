/**
 * Which keyfob this is.
 *
 * @module
 */
import metadata from "../package.json" with { type: "json" };

/** The released version. */
export const VERSION: string = metadata.version;
