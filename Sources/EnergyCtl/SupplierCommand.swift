import ArgumentParser
import BusKit
import Contracts
import Foundation
import TronKit

struct SupplierCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "supplier", abstract: "Supplier wallets.",
    subcommands: [
      Add.self, List.self, Capacity.self, Differences.self, Enable.self, Drain.self, Disable.self, Refresh.self,
      PermissionCommand.self,
    ])

  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Add a supplier wallet.",
      discussion: """
        The private key (64 hex digits) is read from a file or from standard input, never from the command line, and \
        is sealed to tx-svc's public key before it leaves this process. Use a restricted key: an active permission \
        that may only delegate (57) and take back (58).
        """)
    @Option(help: "A file with the key, or - for standard input.") var keyFile: String
    @Option(help: "The wallet's address. Default: the key's own.") var address: String?
    @Option(help: "The permission under which the key signs: 0 (owner) or 2 and above.") var permission: Int = 0
    @OptionGroup var action: ActionOptions
    @OptionGroup var bus: BusOptions

    func run() async throws {
      guard permission == 0 || (2...9).contains(permission) else {
        throw ValidationError("--permission is \(permission): give 0 (owner) or an active permission, 2 to 9")
      }
      let action = try action.action()
      let secret = try KeyFile.read(keyFile)
      let key = try PrivateKey(hex: secret)
      let wallet = try address.map { try TronAddress(parsing: $0) } ?? key.address
      let bytes = try Hex.decode(secret)
      let permission = permission
      try await bus.withBus { client in
        let sealingKey = try await client.ask(GetSealingKey())
        let sealed = try SealedKey.seal(bytes, for: wallet, to: sealingKey)
        try await client.apply(
          AddSupplier(address: wallet, sealedKey: sealed, permissionID: permission, action: action), action)
      }
      print(wallet.base58)
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "The pool, as JSON.")
    @OptionGroup var bus: BusOptions
    func run() async throws {
      try printJSON(try await bus.ask(GetPool()))
    }
  }
}
