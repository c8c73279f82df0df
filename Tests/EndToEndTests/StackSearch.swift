import Foundation
import Redis
import Synchronization
import TestKit

/// Looks for terms in everything that a stack keeps or shows. Each answer lists the places where the term was found.
struct StackSearch: Sendable {
  let stack: Stack
  let terms: [SearchTerm]

  typealias Places = [[String]]

  // MARK: - Redis

  /// Every key with its name and content.
  func keys() async throws -> Places {
    var places = none
    for key in try await stack.commands.send(RedisCommand("KEYS", "*")).array ?? [] {
      guard let name = key.string else { continue }
      let content = try await stack.commands.send(try await read(name))
      note(name, [UInt8](name.utf8) + Self.flatten(content), in: &places)
    }
    return places
  }

  private func read(_ key: String) async throws -> RedisCommand {
    switch try await stack.commands.send(RedisCommand("TYPE", .init(key))).string {
    case "stream": RedisCommand("XRANGE", .init(key), "-", "+")
    case "string", "none": RedisCommand("GET", .init(key))
    case "hash": RedisCommand("HGETALL", .init(key))
    case "list": RedisCommand("LRANGE", .init(key), "0", "-1")
    case "set": RedisCommand("SMEMBERS", .init(key))
    case "zset": RedisCommand("ZRANGE", .init(key), "0", "-1")
    case let other: throw StackError("\(key) is of type \(other ?? "?"), which this search cannot read")
    }
  }

  private static func flatten(_ value: RedisValue) -> [UInt8] {
    if let list = value.array { return list.flatMap(flatten) + [0] }
    return (value.bytes ?? []) + [0]
  }

  // MARK: - Postgres

  /// Every row of every table outside the server's own schemas, as text and with its bytea columns as they are.
  func tables() async throws -> Places {
    var places = none
    let tables = try await stack.database.execute(
      """
      select format('%I.%I', schemaname, tablename) as name from pg_tables
      where schemaname not in ('pg_catalog', 'information_schema') order by 1
      """)
    guard tables.count > 30 else { throw StackError("only \(tables.count) tables were found") }
    for table in tables {
      let name = try table.string("name")
      var content: [UInt8] = []
      for row in try await stack.database.execute("select t::text as row from \(name) as t") {
        let text = try row.string("row")
        content += Array(text.utf8) + [0] + Self.decodedBytea(text) + [0]
      }
      note(name, content, in: &places)
    }
    return places
  }

  /// The bytes of everything that reads `\x…` in a row: messages are kept as bytea.
  private static func decodedBytea(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    for part in text.components(separatedBy: "\\x").dropFirst() {
      let digits = part.utf8.prefix { ($0 >= 48 && $0 <= 57) || ($0 >= 97 && $0 <= 102) }
      var high: UInt8?
      for digit in digits {
        let value = digit < 58 ? digit - 48 : digit - 87
        if let first = high {
          bytes.append(first << 4 | value)
          high = nil
        } else {
          high = value
        }
      }
      bytes.append(0)
    }
    return bytes
  }

  // MARK: - Files

  /// Every file below the folder.
  func files(below folder: String) throws -> Places {
    var places = none
    guard let walk = FileManager.default.enumerator(atPath: folder) else { throw StackError("no folder \(folder)") }
    for case let name as String in walk {
      // Servers create and remove files meanwhile; sockets have no content.
      guard let data = FileManager.default.contents(atPath: folder + "/" + name) else { continue }
      data.withUnsafeBytes { note(name, $0, in: &places) }
    }
    return places
  }

  // MARK: - Memory

  /// The memory of every process of the stack but those of these programs.
  func memory(without programs: Set<String>) async throws -> Places {
    let folders = [stack.folder.path, stack.redisFolder, stack.database.server.socketFolder]
    let (terms, none) = (terms, none)
    return try await onThread {
      var (places, seen) = (none, Set<String>())
      for process in try ProcessMemory.all(around: folders) {
        let program = process.program
        if programs.contains(program) { continue }
        for (index, form) in try process.search(terms, seen: &seen).enumerated() {
          if let form { places[index].append("\(program): \(form)") }
        }
      }
      return places
    }
  }

  // MARK: -

  private var none: Places { Array(repeating: [], count: terms.count) }

  private func note(_ place: String, _ bytes: [UInt8], in places: inout Places) {
    bytes.withUnsafeBytes { note(place, $0, in: &places) }
  }

  private func note(_ place: String, _ bytes: UnsafeRawBufferPointer, in places: inout Places) {
    for (index, term) in terms.enumerated() {
      if let form = term.found(in: bytes) { places[index].append("\(place): \(form)") }
    }
  }
}

/// Runs blocking work on a thread of its own.
func onThread<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
  try await withCheckedThrowingContinuation { continuation in
    Thread { continuation.resume(with: Result(catching: body)) }.start()
  }
}

extension Stack {
  /// Where the append-only file is.
  var redisFolder: String {
    String(redis.url.dropFirst("unix:".count).split(separator: "/").dropLast().reduce(into: "") { $0 += "/" + $1 })
  }
}
