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
    HEALTH_PORT=9464 \
    DISABLE_AUTOUPDATER=1

USER node
VOLUME ["/data/sessions", "/data/archive", "/home/node/.claude"]

# By the last good answer to a poll: the bot itself tells, in two minutes without one. With HEALTH_PORT=0 in the settings
# nobody can be asked; then by the lock, whose time is that of the last poll that left nothing waiting at Telegram.
HEALTHCHECK --interval=60s --timeout=5s --start-period=90s --retries=2 \
  CMD if [ "${HEALTH_PORT:-0}" != 0 ]; \
      then curl -fsS -m 4 --noproxy '*' "http://${HEALTH_HOST:-127.0.0.1}:$HEALTH_PORT/healthz"; \
      else test -n "$(find "$SESSIONS_DIR/.lock" -mmin -3)"; \
      fi

# tini collects what Claude's tools leave behind, and hands the signals on.
ENTRYPOINT ["tini", "--"]
CMD ["node", "bot/launch.cjs", "main"]
