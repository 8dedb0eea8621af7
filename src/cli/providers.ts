/**
 * The commands of the registry: looking into it, checking it, adding to it.
 *
 * @module
 */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import type { Context } from "../commands/context.ts";
import { collect, collectPair, parseClientId, parseRedirectPort } from "../commands/flag_values.ts";

/** Adds the commands to the tree. */
export function addProviders(program: CommandUnknownOpts, context: Context): void {
  const providers = program.command("providers").description("the registry of providers");
  providers
    .command("list")
    .description("list the providers")
    .argument("[search]", "part of a name")
    .option("--json", "as a JSON array")
    .action(async (search, given) => {
      await (await import("../commands/providers.ts")).list(context, { search, json: given.json === true });
    });
  providers
    .command("show")
    .description("show one provider's entry as it resolves, secrets replaced")
    .argument("<id>", "provider")
    .option("--json", "as JSON")
    .option("--set <name=value>", "value of a variable; repeatable", collectPair)
    .action(async (id, given) => {
      await (
        await import("../commands/providers.ts")
      ).show(context, { id, set: given.set, json: given.json === true });
    });
  addAdd(providers, context);
  addRemove(providers, context);
  providers
    .command("check")
    .description("check the registry, or one file: every problem with its place")
    .argument("[file]", "a registry file")
    .option("--online", "ask each endpoint, without credentials, and compare with what metadata says")
    .option("--only <id>", "with --online: ask this provider alone; repeatable", collect)
    .option("--json", "as a JSON array")
    .action(async (file, given) => {
      const { online = false, only = [], json = false } = given;
      await (await import("../commands/providers_check.ts")).run(context, { file, online, only, json });
    });
  providers
    .command("schema")
    .description("print the JSON Schema of registry files")
    .option("--json", "the same")
    .action(async () => (await import("../commands/providers.ts")).schema(context));
  providers
    .command("path")
    .description("print where the user registry is")
    .option("--json", "as a JSON object")
    .action(async (given) =>
      (await import("../commands/providers.ts")).path(context, { json: given.json === true }),
    );
}

function addAdd(providers: CommandUnknownOpts, context: Context): void {
  providers
    .command("add")
    .description(
      "add a provider to the user registry, or a client to one that is known; asks where flags are missing",
    )
    .argument("[id]", "what to call it, as in keyfob login ID")
    .option("--issuer <url>", "issuer, or any address of the provider; metadata says the rest")
    .option("--name <name>", "name for people")
    .option("--client-id <id>", "client to log in with", parseClientId)
    .option(
      "--client-secret-file <file>",
      "file with the client's secret, or the JSON file the provider offers; sealed",
    )
    .option("--scope <scope>", "scope to ask for; repeatable", collect)
    .option("--authorization-endpoint <url>", "where people sign in")
    .option("--token-endpoint <url>", "where codes become tokens")
    .option("--device-authorization-endpoint <url>", "where device codes come from")
    .option("--revocation-endpoint <url>", "where tokens end")
    .option("--userinfo-endpoint <url>", "who is logged in")
    .option("--jwks-uri <url>", "keys that id_tokens are signed with")
    .option(
      "--redirect-port <port>",
      "any, registered (8976), or the port that is registered",
      parseRedirectPort,
    )
    .option(
      "--set <name=value>",
      "value of a variable, where the client is for one installation; repeatable",
      collectPair,
    )
    .option("--json", "write JSON only, ask nothing")
    .action(async (id, given) => {
      const endpoints = {
        ...(given.authorizationEndpoint === undefined
          ? {}
          : { authorization_endpoint: given.authorizationEndpoint }),
        ...(given.tokenEndpoint === undefined ? {} : { token_endpoint: given.tokenEndpoint }),
        ...(given.deviceAuthorizationEndpoint === undefined
          ? {}
          : { device_authorization_endpoint: given.deviceAuthorizationEndpoint }),
        ...(given.revocationEndpoint === undefined ? {} : { revocation_endpoint: given.revocationEndpoint }),
        ...(given.userinfoEndpoint === undefined ? {} : { userinfo_endpoint: given.userinfoEndpoint }),
        ...(given.jwksUri === undefined ? {} : { jwks_uri: given.jwksUri }),
      };
      const { issuer, name, clientId, clientSecretFile, scope: scopes, redirectPort, set } = given;
      await (
        await import("../commands/providers_add.ts")
      ).run(context, {
        id,
        issuer,
        name,
        endpoints,
        clientId,
        clientSecretFile,
        scopes,
        redirectPort,
        set,
        json: given.json === true,
      });
    });
}

function addRemove(providers: CommandUnknownOpts, context: Context): void {
  providers
    .command("remove")
    .description("remove a provider from the user registry, and forget the secret of its client")
    .argument("<id>", "provider")
    .option("--force", "even while somebody is logged in there; those logins stay")
    .option("--json", "write JSON only")
    .action(async (id, given) => {
      const flags = { id, force: given.force === true, json: given.json === true };
      await (await import("../commands/providers_remove.ts")).run(context, flags);
    });
}
