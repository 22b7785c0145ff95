/**
 * A CLI that costs next to nothing, for many at once: a Perl program that speaks
 * stream-json as far as a bot needs it, and refuses what the real one would. It
 * keeps what it knows of a conversation in `$HOME/.fake-cli`, where it also
 * writes down what must never happen (`faults`).
 */
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** How each answer is told. */
export interface FakeCliPace {
  /** Deltas of an answer. */
  readonly words: number;
  readonly wordMs: number;
}

/** The words of an answer to `text`, as a chat must show them in the end. */
export function answerTo(text: string, { words }: Pick<FakeCliPace, "words">): string {
  const counted = Array.from({ length: words }, (_, index) => ` w${index}`).join("");
  return `You said ${text}:${counted}`;
}

/** Writes the program into `folder` and gives its path. */
export async function writeFakeCli(folder: string, pace: FakeCliPace): Promise<string> {
  const path = join(folder, "fake-claude");
  const source = PROGRAM.replace("@WORDS@", String(pace.words)).replace("@WORD_MS@", String(pace.wordMs));
  await writeFile(path, source);
  await chmod(path, 0o755);
  return path;
}

/** What went wrong in the eyes of the program: a line each. */
export async function readFaults(home: string): Promise<string[]> {
  const text = await readFile(join(home, ".fake-cli", "faults"), "utf8").catch(() => "");
  return text.split("\n").filter((line) => line !== "");
}

const PROGRAM = String.raw`#!/usr/bin/perl
use strict; use warnings; use Fcntl; $| = 1;
my ($words, $word_ms) = (@WORDS@, @WORD_MS@);
my %known = map { $_ => 1 } qw(-p --output-format --input-format --verbose --include-partial-messages
  --replay-user-messages --permission-prompt-tool --permission-mode --session-id --resume --fork-session
  --resume-session-at --append-system-prompt-file --model --effort --settings --setting-sources --tools
  --strict-mcp-config --mcp-config --allowedTools --disallowedTools --add-dir --version);
my %given;
for (@ARGV) { my ($name, $value) = split /=/, $_, 2;
  if (!$known{$name}) { print STDERR "error: unknown option '$name'\n"; exit 1 }
  $given{$name} = defined $value ? $value : ""; }
if (exists $given{"--version"}) { print "2.1.197 (Claude Code)\n"; exit 0 }
my $session = defined $given{"--session-id"} ? $given{"--session-id"} : $given{"--resume"};
my $dir = "$ENV{HOME}/.fake-cli"; mkdir $dir; my $file = "$dir/$session";
sub fault { open my $f, ">>", "$dir/faults"; print $f "$session: $_[0]\n"; close $f }
if (exists $given{"--session-id"} && -e $file) {
  print STDERR "Error: Session ID $session is already in use.\n"; exit 1 }
if (exists $given{"--resume"} && !-e $file) {
  print STDERR "No conversation found with session ID: $session\n";
  print qq({"type":"result","subtype":"error_during_execution","is_error":true,"session_id":"$session","errors":["No conversation found with session ID: $session"]}\n);
  exit 1 }
my $base = qq("session_id":"$session","parent_tool_use_id":null);
my $usage = '"usage":{"input_tokens":1000,"output_tokens":20,"cache_creation_input_tokens":0,"cache_read_input_tokens":0}';
while (my $line = <STDIN>) {
  if ($line !~ /^\{.*\}\n\z/s) { print STDERR "Error parsing streaming input line: $line"; exit 1 }
  if ($line =~ /"type":"control_request"/) {
    my ($id) = $line =~ /"request_id":"([^"]+)"/;
    print qq({"type":"control_response","response":{"subtype":"success","request_id":"$id","response":{}}}\n); next }
  next if $line !~ /^\{"type":"user"/;
  my ($uuid) = $line =~ /"uuid":"([0-9a-f-]{36})"/;
  my @texts = $line =~ /"(?:content|text)":"((?:[^"\\]|\\.)*)"/g;
  my $text = $texts[-1];
  if (!defined $uuid || !defined $text) { print STDERR "Error parsing streaming input line: $line"; exit 1 }
  sysopen(my $busy, "$file.busy", O_CREAT | O_EXCL | O_WRONLY) or fault("two processes took a message at once");
  my $past = ""; if (open my $f, "<", $file) { local $/; $past = <$f>; close $f }
  my $replay = qq({"type":"user","uuid":"$uuid","isReplay":true,"message":{"role":"user","content":"$text"},$base}\n);
  if (index($past, "$uuid\n") >= 0) { fault("a message came twice"); unlink "$file.busy"; print $replay; next }
  open my $f, ">>", $file; print $f "$uuid\n"; close $f;
  print qq({"type":"system","subtype":"init","model":"fake","permissionMode":"default","claude_code_version":"2.1.197","slash_commands":[],"tools":[],$base}\n);
  print qq({"type":"system","subtype":"status","status":"requesting",$base}\n), $replay;
  print qq({"type":"stream_event","event":{"type":"message_start","message":{"id":"m",$usage}},$base}\n);
  my $said = "";
  for my $part ("You said $text:", map { " w$_" } 0 .. $words - 1) {
    select(undef, undef, undef, $word_ms / 1000);
    $said .= $part;
    print qq({"type":"stream_event","event":{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"$part"}},$base}\n) }
  print qq({"type":"assistant","message":{"id":"m","role":"assistant","model":"fake","content":[{"type":"text","text":"$said"}],$usage},$base}\n);
  unlink "$file.busy";
  print qq({"type":"result","subtype":"success","is_error":false,"result":"$said","duration_ms":1,"duration_api_ms":1,"num_turns":1,"total_cost_usd":0.001,$usage,"modelUsage":{},"permission_denials":[],$base}\n);
}
exit 0;
`;
