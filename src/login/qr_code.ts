/**
 * An address as a QR code of half blocks, for the camera of a phone.
 *
 * @module
 */
import { encode } from "uqr";

/** A drawn code. */
export interface QrCode {
  readonly lines: readonly string[];
  /** Columns it takes; a narrower terminal would break it. */
  readonly width: number;
}

/** Light modules around the code: four by ISO 18004, and two are enough for every phone. */
const QUIET_ZONE = 2;
/** Bytes that the largest code holds at the lowest level of correction (ISO 18004, version 40-L). */
const LONGEST_TEXT = 2953;

/**
 * Draws `text`, light modules in the foreground colour: right where that is the lighter one.
 * Two rows of modules share a line. Undefined where the text is longer than any QR code can hold.
 */
export function drawQrCode(text: string): QrCode | undefined {
  if (Buffer.byteLength(text) > LONGEST_TEXT) return undefined;
  const { data } = encode(text, { border: QUIET_ZONE, ecc: "L" });
  const width = data[0]?.length ?? 0;
  const lines: string[] = [];
  for (let row = 0; row < data.length; row += 2) {
    const [upper = [], lower = []] = [data[row], data[row + 1]];
    lines.push(upper.map((isDark, column) => halfBlock(!isDark, lower[column] === false)).join(""));
  }
  return { lines, width };
}

function halfBlock(isUpperLight: boolean, isLowerLight: boolean): string {
  if (isUpperLight) return isLowerLight ? "█" : "▀";
  return isLowerLight ? "▄" : " ";
}
