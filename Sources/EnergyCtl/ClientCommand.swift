import ArgumentParser
import BusKit
import Contracts
import Crypto
import Foundation

struct ClientCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "client", abstract: "Clients of the REST API.", subcommands: [Create.self])

  struct Create: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Create a client and print its API key, which is shown this once.",
      discussion: "The secret is made here; only its SHA-256 crosses the bus.")
    @Option(help: "A name to recognise it by.") var name: String
    @Option(help: "The customer whose balance it spends. Default: a new one.") var customer: String?
    @Flag(help: "Print JSON: {\"api_key\",\"client\",\"customer\"}.") var json = false
    @OptionGroup var action: ActionOptions
    @OptionGroup var bus: BusOptions

    private struct Output: Encodable {
      let api_key: String
      let client: String
      let customer: String
    }

    func run() async throws {
      guard (1...100).contains(name.count) else {
        throw ValidationError("--name has \(name.count) characters: give 1 to 100")
      }
      let action = try action.action()
      let secret = SymmetricKey(size: .bits256).withUnsafeBytes { Data($0) }.urlSafeBase64
      let client = ClientID(text: UUID.v7().text.replacingOccurrences(of: "-", with: ""))
      let customer = try customer.map { try CustomerID(argument: $0) } ?? .random()
      let command = CreateClient(
        client: client, customer: customer, name: name, secretHash: Data(SHA256.hash(data: Data(secret.utf8))),
        action: action)
      let output = Output(api_key: "ek_\(client)_\(secret)", client: client.text, customer: customer.text)
      do {
        try await bus.withBus { try await $0.apply(command, action) }
      } catch let code as ExitCode where code == .failure {
        throw code
      } catch {
        // It may be applied all the same, and a repetition would make another secret: this is the only chance to see
        // this one.
        try show(output)
        throw error
      }
      try show(output)
    }

    private func show(_ output: Output) throws {
      if json {
        try printJSON(output)
      } else {
        print("API key:  \(output.api_key)\ncustomer: \(output.customer)")
      }
    }
  }
}

extension Data {
  /// RFC 4648 §5 without padding.
  var urlSafeBase64: String {
    base64EncodedString().replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
      .replacingOccurrences(of: "=", with: "")
  }
}
