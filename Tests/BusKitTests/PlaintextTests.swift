import BusKit
import Testing

@Suite("Plain connections beyond loopback")
struct PlaintextTests {
  static let refused: [(String, String)] = [
    ("ENERGY_REDIS_URL", "redis://cache.example:6379"),
    ("ENERGY_REDIS_URL", "redis://127.example.org:6379"),
    ("ENERGY_POSTGRES_URL", "host=db.example dbname=energy user=x"),
    ("ENERGY_POSTGRES_URL", "host=db.example sslmode=require user=x"),
  ]

  static let allowed: [(String, String)] = [
    ("ENERGY_REDIS_URL", "unix:/run/redis.sock"), ("ENERGY_REDIS_URL", "redis://127.0.0.1:6379"),
    ("ENERGY_POSTGRES_URL", "host=/run/postgres user=x"), ("ENERGY_POSTGRES_URL", "host=127.0.0.1 user=x"),
    ("ENERGY_POSTGRES_URL", "host=db.example sslmode=verify-full user=x"),
  ]

  @Test("A host that is not named is refused, and named in the mistake", arguments: refused)
  func refuses(name: String, value: String) {
    let mistakes = read(name, value, allow: nil)
    #expect(mistakes.count == 1)
    #expect(mistakes.first?.contains("ENERGY_ALLOW_PLAINTEXT") == true)
  }

  @Test("Sockets, loopback and verified TLS need no permission", arguments: allowed)
  func allows(name: String, value: String) {
    #expect(read(name, value, allow: nil).isEmpty)
  }

  @Test("A host that the operator names may be reached", arguments: refused)
  func named(name: String, value: String) {
    #expect(read(name, value, allow: "cache.example, db.example,127.example.org").isEmpty)
  }

  private func read(_ name: String, _ value: String, allow: String?) -> [String] {
    var values = [name: value]
    values["ENERGY_ALLOW_PLAINTEXT"] = allow
    var reader = EnvironmentReader(values)
    if name == "ENERGY_REDIS_URL" {
      _ = reader.redis(clientName: "test")
    } else {
      _ = reader.postgres(applicationName: "test", schema: "test")
    }
    return reader.mistakes
  }
}
