/**
 * Whether the CLI is logged in and by what. Promises never to call a model and to
 * give no credential away. It does not know whether the credential works.
 */
import { execa } from "execa";
import { z } from "zod";

const statusSchema = z.object({
  loggedIn: z.boolean(),
  authMethod: z.string().catch("unknown"),
  apiProvider: z.string().catch("firstParty"),
  apiKeySource: z.string().optional().catch(undefined),
  // null where a key is used.
  subscriptionType: z.string().optional().catch(undefined),
});

/** What `claude auth status` says, as far as every version says it. */
export interface AuthStatus {
  readonly loggedIn: boolean;
  readonly authMethod: string;
  /** `firstParty`, or whose cloud it is. */
  readonly apiProvider: string;
  /** The variable or setting whose key pays, e.g. `ANTHROPIC_API_KEY`. */
  readonly apiKeySource?: string;
  readonly subscriptionType?: string;
}

export type AuthResult = { readonly ok: true; readonly status: AuthStatus } | { readonly ok: false };

/** Asks the executable at `path`; at most 20 s. It writes nothing and needs no network. */
export async function askAuth(request: {
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}): Promise<AuthResult> {
  const { env, cwd } = request;
  const { stdout } = await execa(request.path, ["auth", "status"], {
    env,
    cwd,
    extendEnv: false,
    stdin: "ignore",
    reject: false,
    timeout: 20_000,
    forceKillAfterDelay: 500,
  });
  return parseAuth(stdout);
}

/** Reads the JSON it prints. Older versions say `claude.ai` for the method even where a key is used. */
export function parseAuth(stdout: string): AuthResult {
  let raw: unknown;
  try {
    raw = JSON.parse(stdout);
  } catch {
    return { ok: false };
  }
  const parsed = statusSchema.safeParse(raw);
  if (!parsed.success) return { ok: false };
  const { loggedIn, authMethod, apiProvider, apiKeySource, subscriptionType } = parsed.data;
  return {
    ok: true,
    status: {
      loggedIn,
      authMethod,
      apiProvider,
      ...(apiKeySource !== undefined && { apiKeySource }),
      ...(subscriptionType !== undefined && { subscriptionType }),
    },
  };
}
