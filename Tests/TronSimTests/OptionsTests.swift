import Testing

@testable import TronSim

@Suite struct OptionsTests {
  @Test func `a complete command line is read`() throws {
    let options = try Options(arguments: [
      "--address", "127.0.0.1:8090", "--data", "/tmp/x", "--block-interval-ms", "200", "--solid-after", "5",
      "--suppliers", "3", "--supplier-stake-trx", "9",
    ])
    #expect(options.host == "127.0.0.1" && options.port == 8_090 && options.dataDirectory == "/tmp/x")
    #expect(options.blockInterval == .milliseconds(200) && options.solidAfter == 5)
    #expect(options.suppliers == 3 && options.supplierStakeTRX == 9)
  }

  @Test(arguments: [
    (["--data", "d"], "--address HOST:PORT is missing"),
    (["--address", "a:1"], "--data DIR is missing"),
    (["--address", "nowhere"], "--address 'nowhere' must be HOST:PORT, e.g. 127.0.0.1:8090"),
    (["--address"], "--address needs a value"),
    (["--speed", "9"], "unknown option --speed"),
    (["loose"], "'loose' is no option"),
    (["--solid-after", "x"], "--solid-after 'x' must be a whole number from 0 to 1000"),
  ])
  func `a mistake is named`(arguments: [String], message: String) {
    #expect(throws: Options.Mistake(description: message)) { _ = try Options(arguments: arguments) }
  }
}
