"""What `ValkeyHotState` has Valkey do, in Lua: each script is one step that nothing comes between.

KEYS[1] is always the epoch's key, and ARGV[1] what the caller believes to stand there: the `run_id` of a server and the
epoch that was chosen under it. A script whose caller is wrong returns {0} and changes nothing; otherwise {1, answer}.

Numbers travel as text, because Lua's own printing would round them.
"""

from __future__ import annotations

ENSURE = """
local server = redis.call('INFO', 'server')
local run = string.match(server, 'run_id:(%x+)')
if not run then return {false, server} end
local stored = redis.call('GET', KEYS[1])
if not stored or string.sub(stored, 1, #run) ~= run then
  stored = run .. ARGV[1]
  redis.call('SET', KEYS[1], stored, 'PX', ARGV[2])
  redis.pcall('PUBLISH', ARGV[3], '')
end
return {stored, redis.call('INFO', 'memory')}
"""
"""The epoch, new where none is stored or where another run of the server chose it: that run's last uses may be lost, as
with a snapshot or a replica that lags behind. ARGV: new epoch, its life in ms, channel. {false, ...}: no `run_id`."""

_GUARD = """
-- %s
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return {0} end
if ARGV[2] == 'load' and not string.find(redis.call('INFO', 'server'), 'run_id:%s', 1, true) then
  redis.call('DEL', KEYS[1])
  return {0}
end
"""
# A server keeps scripts no longer than it runs, and these name their run. So one that is called by its hash has been
# loaded into this very run, and loading it compared the run: no snapshot, failover or proxy can slip between.

_USE = """
local function use(used, forgotten, id, life_end, now)
  local due = redis.call('ZRANGEBYSCORE', used, '-inf', now, 'WITHSCORES', 'LIMIT', 0, 64)
  if #due > 0 then
    redis.call('SET', forgotten, due[#due], 'PX', ARGV[3])
    redis.call('ZREMRANGEBYRANK', used, 0, #due / 2 - 1)
  end
  local last, ends = redis.call('GET', forgotten), tonumber(life_end)
  if ends <= tonumber(now) or (last and ends <= tonumber(last)) or redis.call('ZSCORE', used, id) then
    return false
  end
  redis.call('ZADD', used, life_end, id)
  redis.call('PEXPIRE', used, ARGV[3])
  redis.call('PEXPIRE', forgotten, ARGV[3])
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
  return true
end
"""
# `forgotten` is the end of the latest life that was forgotten: nothing before it comes again by a clock set back.

_NOTE = """
local function note(uses, mint, now, keep_until, keep_ms)
  local at = tonumber(now)
  local low = redis.call('ZRANGE', uses, 0, 0)[1]
  while low and tonumber(string.match(low, '^%S+ (%S+)')) <= at do
    redis.call('ZREM', uses, low)
    low = redis.call('ZRANGE', uses, 0, 0)[1]
  end
  local newer = redis.call('ZRANGEBYSCORE', uses, '(' .. mint, '+inf', 'LIMIT', 0, 1)[1]
  if newer then return string.match(newer, '^%S+') end
  local last = redis.call('ZREVRANGE', uses, 0, 0)[1]
  local first_at = now
  if last and string.match(last, '(%S+)$') == mint then
    first_at = string.match(last, '^%S+')
    redis.call('ZREM', uses, last)
  else
    while last and tonumber(string.match(last, '^%S+')) >= at do
      redis.call('ZREM', uses, last)
      last = redis.call('ZREVRANGE', uses, 0, 0)[1]
    end
  end
  redis.call('ZADD', uses, mint, first_at .. ' ' .. keep_until .. ' ' .. mint)
  redis.call('PEXPIRE', uses, keep_ms)
  return false
end
"""
# Members are "first presented, keep until, mint" under the mint as score; both grow together.

_CONSUME = _USE + "return {1, use(KEYS[2], KEYS[3], ARGV[5], ARGV[6], ARGV[7]) and 1 or 0}"

_PROVE = (
    _USE
    + _NOTE
    + """
local now = ARGV[7]
if ARGV[5] ~= '' and not use(KEYS[2], KEYS[3], ARGV[5], ARGV[6], now) then return {1, false} end
local last = redis.call('HGET', KEYS[4], 'mint')
if not last and ARGV[12] ~= '' then note(KEYS[6], ARGV[12], ARGV[13], ARGV[14], ARGV[15]) end
local mint = tonumber(ARGV[8])
if last then mint = math.max(tonumber(last) + 1, mint) end
mint = string.format('%.0f', mint)
redis.call('HSET', KEYS[4], 'mint', mint, 'at', now)
redis.call('PEXPIRE', KEYS[4], ARGV[9])
redis.call('ZREMRANGEBYSCORE', KEYS[5], '-inf', ARGV[10])
redis.call('ZADD', KEYS[5], now, mint)
redis.call('ZREMRANGEBYRANK', KEYS[5], 0, -1025)
redis.call('PEXPIRE', KEYS[5], ARGV[11])
return {1, {mint, redis.call('ZCARD', KEYS[5])}}
"""
)

_SCRIPTS = {
    "consume": _CONSUME,
    "prove": _PROVE,
    "note_use": _NOTE + "return {1, note(KEYS[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6])}",
    "signatures": "return {1, redis.call('ZCOUNT', KEYS[2], ARGV[3], '+inf')}",
    "newest_mint_at": "return {1, redis.call('HGET', KEYS[2], 'at')}",
}


def scripts_for(run: str) -> dict[str, str]:
    """The scripts by name, for one run of a server.

    Args:
        run: its `run_id`, hexadecimal digits.
    """
    assert run.isalnum(), "it becomes part of a program"
    return {name: _GUARD % (run, run) + body for name, body in _SCRIPTS.items()}
