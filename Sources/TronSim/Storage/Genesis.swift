import Foundation

/// The accounts of a new chain: suppliers with stake, customers, and the USDT contract. Keys go to files of mode 0600.
struct Genesis {
  /// USDT's address on mainnet: TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t.
  static let mainnetUSDT = Address(hex: "41a614f803b6fd780986a42c78ec9c7f77e6ded13c") ?? .zero
  static let customers = 3

  let directory: URL
  let suppliers: Int
  /// TRX
  let supplierStake: Int64
  var usdtContract = mainnetUSDT

  struct Member {
    let address: Address
    let role: String
    let keyFile: String?
    let action: SimAction
  }

  /// Creates the key files and `accounts.json`; the actions are for the chain and the journal.
  func create() throws -> [SimAction] {
    var members: [Member] = []
    for number in 0..<suppliers {
      let (key, file) = try makeKey("suppliers/\(number + 1).key")
      // 280 bandwidth a transaction and 1.6 bandwidth per TRX: 175,000 TRX carry 1,000 transactions a day.
      let adjustment = SimAction.Adjustment(
        address: key.address, balance: 1_000 * ChainParameters.sunPerTRX,
        energyStake: supplierStake * ChainParameters.sunPerTRX,
        bandwidthStake: 175_000 * ChainParameters.sunPerTRX)
      members.append(Member(address: key.address, role: "supplier", keyFile: file, action: .adjust(adjustment)))
    }
    for number in 0..<Self.customers {
      let (key, file) = try makeKey("customers/\(number + 1).key")
      let adjustment = SimAction.Adjustment(
        address: key.address, balance: 100 * ChainParameters.sunPerTRX, usdt: 1_000_000_000)
      members.append(Member(address: key.address, role: "customer", keyFile: file, action: .adjust(adjustment)))
    }
    let adjustment = SimAction.Adjustment(address: usdtContract, balance: 0, isContract: true, isUSDT: true)
    members.append(Member(address: usdtContract, role: "contract", keyFile: nil, action: .adjust(adjustment)))
    let list = members.map { member in
      var object = JSONObject()
      object.set("address", .string(member.address.base58))
      object.set("role", .string(member.role))
      if let file = member.keyFile { object.set("key_file", .string(file)) }
      return object.json
    }
    try write(JSON.array(list).text + "\n", to: directory.appending(path: "accounts.json"), mode: 0o644)
    return members.map(\.action)
  }

  /// Reuses a key file that is there: a start that died before its journal existed is simply repeated.
  private func makeKey(_ name: String) throws -> (KeyPair, String) {
    let file = directory.appending(path: name)
    if FileManager.default.fileExists(atPath: file.path) {
      let text = try String(contentsOf: file, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
      guard let bytes = Hex.decode(text), let key = KeyPair(privateKey: bytes) else {
        throw Journal.Failure(description: "\(file.path) holds no private key; delete it to have one made")
      }
      return (key, file.path)
    }
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let key = KeyPair.random()
    try write(Hex.encode(key.privateKey) + "\n", to: file, mode: 0o600)
    return (key, file.path)
  }

  private func write(_ text: String, to file: URL, mode: Int) throws {
    let created = FileManager.default.createFile(
      atPath: file.path, contents: Data(text.utf8), attributes: [.posixPermissions: mode])
    guard created else { throw Journal.Failure(description: "cannot write \(file.path)") }
  }
}
