import Testing

@testable import TronSim

@Suite struct OptionsTests {
  @Test func `a complete command line is read`() throws {
    let options = try Options(arguments: [
      "--address", "127.0.0.1:8090", "--data", "/tmp/x", "--block-interval-ms", "200", "--solid-after", "5",
      "--suppliers", "3", "--supplier-stake-trx", "9",
    ])
    #expect(options.address(ofNode: 0) == Options.Endpoint(host: "127.0.0.1", port: 8_090))
    #expect(options.nodes == 1 && options.dataDirectory == "/tmp/x")
    #expect(options.blockInterval == .milliseconds(200) && options.solidAfter == 5)
    #expect(options.suppliers == 3 && options.supplierStakeTRX == 9)
  }

  @Test func `nodes without an address take the ports after the last one`() throws {
    let options = try Options(arguments: ["--address", "a:100", "--address", "b:200", "--nodes", "4", "--data", "d"])
    let ports = (0..<options.nodes).map { options.address(ofNode: $0) }
    #expect(ports.map(\.host) == ["a", "b", "b", "b"])
    #expect(ports.map(\.port) == [100, 200, 201, 202])
    let free = try Options(arguments: ["--address", "a:0", "--nodes", "2", "--data", "d"])
    #expect(free.address(ofNode: 1).port == 0)
    #expect(free.solidAfter == 19)
  }

  @Test(arguments: [
    (["--data", "d"], "--address HOST:PORT is missing"),
    (["--address", "a:1"], "--data DIR is missing"),
    (["--address", "nowhere"], "--address 'nowhere' must be HOST:PORT, e.g. 127.0.0.1:8090"),
    (["--address"], "--address needs a value"),
    (["--speed", "9"], "unknown option --speed"),
    (["--nodes", "0"], "--nodes '0' must be a whole number from 1 to 16"),
    (
      ["--address", "a:65535", "--nodes", "2", "--data", "d"],
      "node 2 would get port 65536; give it an --address of its own"
    ),
    (["loose"], "'loose' is no option"),
    (["--solid-after", "x"], "--solid-after 'x' must be a whole number from 0 to 1000"),
  ])
  func `a mistake is named`(arguments: [String], message: String) {
    #expect(throws: Options.Mistake(description: message)) { _ = try Options(arguments: arguments) }
  }
}
