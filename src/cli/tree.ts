/**
 * Reads the command tree out of the argument parser, hidden commands left out.
 *
 * @module
 */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import type { CommandNode, OptionNode, ParameterNode } from "../commands/command_tree.ts";
import { noteOf } from "./help.ts";

/** `command` and everything below it. */
export function describeTree(command: CommandUnknownOpts): CommandNode {
  const help = command.createHelp();
  return {
    name: command.name(),
    description: command.description(),
    usage: command.usage(),
    parameters: command.registeredArguments.map(describeParameter),
    options: help.visibleOptions(command).map(describeOption),
    note: noteOf(command),
    children: help.visibleCommands(command).map(describeTree),
  };
}

type Parameter = CommandUnknownOpts["registeredArguments"][number];
type Flag = CommandUnknownOpts["options"][number];

function describeParameter(parameter: Parameter): ParameterNode {
  return { name: parameter.name(), description: parameter.description, isVariadic: parameter.variadic };
}

function describeOption({ flags, long, short, description }: Flag): OptionNode {
  const [, value] = /[<[](.+?)(?:\.\.\.)?[>\]]$/.exec(flags) ?? [];
  return { flags, long: long ?? flags, short, description, value };
}
