import CLibpq

extension PostgresConfiguration {
  /// Hosts that the connection string reaches over TCP without `sslmode=verify-full`: whoever sits between may read and
  /// change everything. Sockets do not count; a string that libpq cannot read has none, connecting says what is wrong.
  public var unverifiedHosts: [String] {
    guard let options = PQconninfoParse(conninfo, nil) else { return [] }
    defer { PQconninfoFree(options) }
    var values: [String: String] = [:]
    var option = options
    while let keyword = option.pointee.keyword {
      if let value = option.pointee.val { values[String(cString: keyword)] = String(cString: value) }
      option += 1
    }
    guard values["sslmode"] != "verify-full" else { return [] }
    let hosts = [values["hostaddr"], values["host"]].compactMap { $0 }.first { !$0.isEmpty } ?? ""
    return hosts.split(separator: ",").map(String.init).filter { !$0.hasPrefix("/") && !$0.hasPrefix("@") }
  }
}
