# Parley in a container: the bot, and Claude Code beside it. See docs/operations.md.
FROM node:22-bookworm-slim

# util-linux has the lock, procps and git are for Claude's tools as much as for the bot.
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
      ca-certificates curl git openssh-client procps ripgrep tini util-linux \
 && rm -rf /var/lib/apt/lists/*

# The version that the tests ran with; build with --build-arg CLAUDE_CODE_VERSION=… for another.
ARG CLAUDE_CODE_VERSION=2.1.329
RUN npm install --global --no-audit --no-fund "@anthropic-ai/claude-code@${CLAUDE_CODE_VERSION}" \
 && claude --version

WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund && npm cache clean --force
COPY bot ./bot
COPY personas ./personas
# Bundled now, while that can be written: without settings the bot ends with 78.
RUN node bot/launch.cjs main; test $? -eq 78 \
 && node bot/launch.cjs doctor/main --help \
 && node bot/launch.cjs store/archive/worker

# A volume takes over who owns the folder it is put on.
RUN install -d -m 0700 -o node -g node /data/sessions /data/archive /home/node/.claude \
 && install -d -o node -g node /work

# With CLAUDE_CONFIG_DIR all that Claude Code keeps (login, settings, conversations) is in one folder.
ENV NODE_ENV=production \
    SESSIONS_DIR=/data/sessions \
    ARCHIVE_DIR=/data/archive \
    PERSONAS_DIR=/app/personas \
    CLAUDE_CONFIG_DIR=/home/node/.claude \
    DISABLE_AUTOUPDATER=1

USER node
VOLUME ["/data/sessions", "/data/archive", "/home/node/.claude"]

# The lock is touched each time Telegram has answered a poll; a poll lasts 30 s.
HEALTHCHECK --interval=60s --timeout=5s --start-period=90s --retries=3 \
  CMD test -n "$(find "$SESSIONS_DIR/.lock" -mmin -3 2>/dev/null)"

# tini collects what Claude's tools leave behind, and hands the signals on.
ENTRYPOINT ["tini", "--"]
CMD ["node", "bot/launch.cjs", "main"]
