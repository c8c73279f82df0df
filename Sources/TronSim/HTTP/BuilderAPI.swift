import Foundation

/// The endpoints that build a transaction for somebody else to sign, after checking it against the head's state.
struct BuilderAPI {
  /// java-tron: what it builds is valid for 60 s of chain time.
  private static let lifetimeMs: Int64 = 60_000

  private static let types: [String: Int64] = [
    "createtransaction": ContractType.transfer, "delegateresource": ContractType.delegateResource,
    "undelegateresource": ContractType.unDelegateResource, "freezebalancev2": ContractType.freezeBalanceV2,
    "unfreezebalancev2": ContractType.unfreezeBalanceV2,
    "withdrawexpireunfreeze": ContractType.withdrawExpireUnfreeze,
    "accountpermissionupdate": ContractType.permissionUpdate,
  ]

  let chain: Chain

  /// `nil` for a method that builds nothing.
  func answer(_ method: String, _ parameters: APIParameters) throws(APIError) -> JSON? {
    guard let type = Self.types[method] else { return nil }
    let visible = parameters.visible
    guard let call = try TransactionJSONReader(visible: visible).call(type: type, parameters.object) else { return nil }
    try validate(call)
    let transaction = try build(call, type: type, parameters)
    return TransactionJSON.built(transaction, visible: visible)
  }

  private func validate(_ call: ContractCall) throws(APIError) {
    var state = chain.state
    var receipt = Receipt()
    do {
      let context = TransactionContext(headTimestampMs: chain.head.timestampMs, isBuilding: true)
      try state.execute(call, context: context, receipt: &receipt)
    } catch {
      // What only execution finds out, a builder does not know.
      guard error.code != .execute else { return }
      let message = error.message.replacing("Contract validate error : ", with: "")
      throw .java("org.tron.core.exception.ContractValidateException", message)
    }
  }

  /// Refers to the last solid block, so that no fork can make it void.
  func build(
    _ call: ContractCall, type: Int64, _ parameters: APIParameters, feeLimit: Int64 = 0
  ) throws(APIError) -> Transaction {
    var raw = RawTransaction()
    raw.refBlockBytes = Array(chain.solid.id[6..<8])
    raw.refBlockHash = Array(chain.solid.id[8..<16])
    raw.expiration = chain.head.timestampMs + Self.lifetimeMs
    raw.timestamp = Int64(Date().timeIntervalSince1970 * 1_000)
    raw.feeLimit = feeLimit
    if let memo = parameters.string("extra_data") {
      raw.data = parameters.visible ? Array(memo.utf8) : try TransactionJSONReader(visible: false).hex(memo)
    }
    raw.contracts = [
      RawTransaction.Contract(
        type: type, typeURL: "type.googleapis.com/protocol." + ContractType.name(of: type),
        value: call.encoded ?? [], permissionID: max(0, parameters.int("Permission_id") ?? 0))
    ]
    do {
      return try Transaction(raw: raw, signatures: [])
    } catch {
      throw .nullPointer
    }
  }
}
