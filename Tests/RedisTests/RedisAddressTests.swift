import Testing

@testable import Redis

@Suite struct RedisAddressTests {
  @Test(arguments: [
    ("unix:/run/redis.sock", RedisAddress.unix(path: "/run/redis.sock")),
    ("unix:///run/redis.sock", .unix(path: "/run/redis.sock")),
    ("redis://127.0.0.1:6380", .tcp(host: "127.0.0.1", port: 6380)),
    ("redis://cache/", .tcp(host: "cache", port: 6379)),
    ("redis://[::1]:7000", .tcp(host: "::1", port: 7000)),
  ])
  func `An address is read`(text: String, expected: RedisAddress) throws {
    #expect(try RedisAddress(parsing: text) == expected)
  }

  @Test(arguments: [
    "", "localhost:6379", "unix:relative", "redis://", "redis://h:0", "redis://h:65536", "redis://h:x",
    "redis://user:secret@h:6379", "unix:/" + String(repeating: "a", count: 107),
  ])
  func `An unusable address is refused`(text: String) {
    #expect(throws: RedisError.self) { try RedisAddress(parsing: text) }
  }

  @Test func `A refused address does not repeat the credentials in it`() {
    do {
      _ = try RedisAddress(parsing: "redis://user:secret@h:6379")
      Issue.record("The address was accepted.")
    } catch {
      #expect(!"\(error)".contains("secret"))
    }
  }

  @Test func `No description of a configuration shows the password`() {
    let configuration = RedisConfiguration(address: .unix(path: "/s"), user: "bus", password: "hunter2")
    var dumped = ""
    dump(configuration, to: &dumped)
    #expect(!"\(configuration) \([configuration]) \(dumped)".contains("hunter2"))
  }
}
