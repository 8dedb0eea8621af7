/**
 * Sentences inside the frame that prompts draw: broken between words, each line within the frame.
 *
 * @module
 */
import { styleText } from "node:util";
import { S_BAR } from "@clack/prompts";
import { harmless } from "../hostile_text.ts";

/** Columns of the frame before a text. */
const FRAME = 3;

/** A question in a prompt of `columns`; the bar goes on before its further lines. */
export function framedQuestion(text: string, columns: number): string {
  return linesOf(text, columns).join(`\n${styleText("gray", S_BAR)}  `);
}

/** What is wrong with an answer, below the corner of the frame. */
export function framedProblem(text: string, columns: number): string {
  return linesOf(text, columns).join(`\n${" ".repeat(FRAME)}`);
}

function linesOf(text: string, columns: number): string[] {
  return Bun.wrapAnsi(harmless(text), columns - FRAME, { hard: true }).split("\n");
}
