import Redis

/// What Redis 7.0 cannot do in one command. All keys of a script share one hash tag.
enum Scripts {
  /// KEYS: stream. ARGV: group, consumer, ids… Renews the lease of ids that the consumer still owns; returns those.
  static let extendLease = RedisScript(
    """
    local mine = {}
    for i = 3, #ARGV do
      local p = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1, ARGV[2])
      if #p > 0 then
        redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[i], 'JUSTID')
        mine[#mine + 1] = ARGV[i]
      end
    end
    return mine
    """)

  /// KEYS: stream. ARGV: group, consumer, idle ms, 1 to count this delivery back, ids… Hands back what the consumer
  /// still owns: with an idle time of a whole lease at once, with less after the rest of the lease. Returns how many.
  static let release = RedisScript(
    """
    local count = 0
    for i = 5, #ARGV do
      local p = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1, ARGV[2])
      if #p > 0 then
        local deliveries = math.max(0, p[1][4] - tonumber(ARGV[4]))
        redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[i], 'IDLE', ARGV[3], 'RETRYCOUNT', deliveries, 'JUSTID')
        count = count + 1
      end
    end
    return count
    """)

  /// KEYS: stream, dead stream. ARGV: group, consumer, id, fields… Moves one delivery to the dead letters, its own
  /// fields behind those given, and acknowledges it, if the consumer still owns it. Returns 1 or 0. Of a foreign entry
  /// with more fields than any message has, the first are kept.
  static let bury = RedisScript(
    """
    local p = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[3], ARGV[3], 1, ARGV[2])
    if #p == 0 then return 0 end
    local fields = {}
    for i = 4, #ARGV do fields[#fields + 1] = ARGV[i] end
    local e = redis.call('XRANGE', KEYS[1], ARGV[3], ARGV[3])
    if e[1] then
      for i = 1, math.min(#e[1][2], 200) do fields[#fields + 1] = e[1][2][i] end
    end
    redis.call('XADD', KEYS[2], '*', unpack(fields))
    redis.call('XACK', KEYS[1], ARGV[1], ARGV[3])
    return 1
    """)

  /// KEYS: stream, dead stream. ARGV: number of words before the message's own, oldest ms, ids… Puts dead letters back
  /// into the stream and forgets them; those whose message was written, or entered its stream, before `oldest` stay: of
  /// one that was put back before, only its own `ts` tells its age. Returns how many were put back.
  static let replayDead = RedisScript(
    """
    local count, own, oldest = 0, tonumber(ARGV[1]) + 1, tonumber(ARGV[2])
    local function since(words)
      local first = tonumber(string.match(words[8] or '', '^%d+') or 0)
      for j = own, #words - 1, 2 do
        if words[j] == 'ts' then return math.min(first, tonumber(string.match(words[j + 1], '^%d+$') or first)) end
      end
      return first
    end
    for i = 3, #ARGV do
      local e = redis.call('XRANGE', KEYS[2], ARGV[i], ARGV[i])
      if e[1] and since(e[1][2]) >= oldest then
        local fields = {}
        for j = own, #e[1][2] do fields[#fields + 1] = e[1][2][j] end
        if #fields > 0 then redis.call('XADD', KEYS[1], '*', unpack(fields)) end
        redis.call('XDEL', KEYS[2], ARGV[i])
        count = count + 1
      end
    end
    return count
    """)

  /// KEYS: stream. ARGV: group, consumer, idle ms, id, an owner or nothing. Takes a delivery over that is still pending
  /// and idle for that long, and that owner's. Returns its count of deliveries and the entry; 0 when somebody else was
  /// first; -1 when the entry was trimmed while pending, which forgets it.
  static let claim = RedisScript(
    """
    local p = redis.call('XPENDING', KEYS[1], ARGV[1], 'IDLE', ARGV[3], ARGV[4], ARGV[4], 1, unpack(ARGV, 5))
    if #p == 0 then return 0 end
    local e = redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4])
    if #e == 0 or not e[1] then return -1 end
    return {p[1][4] + 1, e[1]}
    """)

  /// KEYS: stream. ARGV: group, consumer. Removes a consumer that holds nothing; -1 when it holds something.
  static let removeConsumer = RedisScript(
    """
    local p = redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1, ARGV[2])
    if #p > 0 then return -1 end
    return redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])
    """)

  /// KEYS: stream, dead stream. ARGV: cap, dead letters' age in ms, number of essential groups, essential groups…,
  /// observer groups… Trims what every declared group has acknowledged; above the cap, what every essential group has,
  /// and without any down to the cap. A declared group that does not exist yet holds everything. Without its own LIMIT
  /// Redis would remove 10,000 at most; half a million take it a few milliseconds.
  ///
  /// Also mends the lag of a group that has read everything: the append-only file does not keep how many a group has
  /// read, and after a restart Redis goes on counting from what its last rewrite knew.
  static let trim = RedisScript(
    """
    local now = redis.call('TIME')
    local oldest = now[1] * 1000 + math.floor(now[2] / 1000) - tonumber(ARGV[2])
    if oldest > 0 then redis.call('XTRIM', KEYS[2], 'MINID', '~', string.format('%.0f', oldest)) end
    if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
    local cap, essentials = tonumber(ARGV[1]), tonumber(ARGV[3])
    local groups = {}
    for _, g in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
      local info = {}
      for i = 1, #g, 2 do info[g[i]] = g[i + 1] end
      groups[info['name']] = info
    end
    local stream
    for name, info in pairs(groups) do
      if info['lag'] ~= 0 then
        if not stream then
          stream = {}
          local s = redis.call('XINFO', 'STREAM', KEYS[1])
          for i = 1, #s, 2 do stream[s[i]] = s[i + 1] end
        end
        local last = stream['last-generated-id']
        if info['last-delivered-id'] == last then
          redis.call('XGROUP', 'SETID', KEYS[1], name, last, 'ENTRIESREAD', stream['entries-added'])
        end
      end
    end
    local function less(a, b)
      local am, as = a:match('(%d+)-(%d+)'); local bm, bs = b:match('(%d+)-(%d+)')
      if #am ~= #bm then return #am < #bm end
      if am ~= bm then return am < bm end
      if #as ~= #bs then return #as < #bs end
      return as < bs
    end
    local function floor(last)
      local lowest
      for i = 4, last do
        local info = groups[ARGV[i]]
        if not info then return nil end
        local id = info['last-delivered-id']
        local p = redis.call('XPENDING', KEYS[1], ARGV[i])
        if p[1] > 0 and less(p[2], id) then id = p[2] end
        if not lowest or less(id, lowest) then lowest = id end
      end
      return lowest
    end
    local over = redis.call('XLEN', KEYS[1]) > cap
    if over and essentials == 0 then return redis.call('XTRIM', KEYS[1], 'MAXLEN', '~', cap, 'LIMIT', 500000) end
    local id = floor(over and 3 + essentials or #ARGV)
    if not id then return 0 end
    return redis.call('XTRIM', KEYS[1], 'MINID', '~', id, 'LIMIT', 500000)
    """)
}
