/// Calls of the USDT contract without a transaction, and what a node knows of the contract.
struct ContractAPI {
  let chain: Chain
  /// The head's or the solid block's.
  let state: ChainState
  let top: Block

  /// `nil` for a method that is no contract's.
  func answer(_ method: String, _ parameters: APIParameters) throws(APIError) -> JSON? {
    switch method {
    case "triggerconstantcontract": return try constant(parameters)
    case "triggersmartcontract": return try trigger(parameters)
    case "estimateenergy": return try estimate(parameters)
    case "getcontract": return try contract(parameters)
    case "getcontractinfo": return try contractInfo(parameters)
    default: return nil
    }
  }

  private var isKnown: (ContractCall.Trigger) -> Bool {
    { Address(bytes: $0.contract).map(state.isToken) ?? false }
  }

  private func call(_ parameters: APIParameters) throws(APIError) -> ContractCall.Trigger {
    let reader = TransactionJSONReader(visible: parameters.visible)
    guard
      case .trigger(var call) = try reader.call(type: ContractType.triggerSmartContract, parameters.object)
    else { throw .nullPointer }
    if let selector = parameters.string("function_selector"), !selector.isEmpty {
      let hash = Keccak256.hash(Array(selector.utf8))
      call.data = Array(hash.prefix(4)) + (try reader.hex(parameters.string("parameter")))
    }
    return call
  }

  // MARK: Calls

  private func constant(_ parameters: APIParameters) throws(APIError) -> JSON {
    let call = try call(parameters)
    guard isKnown(call) else { return failure("Smart contract is not exist.", parameters) }
    return try executed(call, parameters, feeLimit: 0)
  }

  /// A function that changes nothing is executed at once; any other is built.
  private func trigger(_ parameters: APIParameters) throws(APIError) -> JSON {
    let call = try call(parameters)
    guard isKnown(call) else { return failure("No contract or not a valid smart contract", parameters) }
    let feeLimit = parameters.int("fee_limit") ?? 0
    if TokenFunction(data: call.data)?.isView == true {
      return try executed(call, parameters, feeLimit: feeLimit)
    }
    let transaction = try build(call, parameters, feeLimit: feeLimit)
    return [
      "result": ["result": true],
      "transaction": TransactionJSON.built(transaction, visible: parameters.visible),
    ]
  }

  private func estimate(_ parameters: APIParameters) throws(APIError) -> JSON {
    let call = try call(parameters)
    guard isKnown(call) else { return failure("Smart contract is not exist.", parameters) }
    let execution = state.constantCall(call)
    guard execution.outcome == .success else {
      return ["result": ["code": "CONTRACT_EXE_ERROR", "message": text(execution.message, parameters)]]
    }
    return ["result": ["result": true], "energy_required": .int(execution.energy)]
  }

  private func executed(
    _ call: ContractCall.Trigger, _ parameters: APIParameters, feeLimit: Int64
  ) throws(APIError) -> JSON {
    let execution = state.constantCall(call)
    let isFailed = execution.outcome != .success
    var result = JSONObject()
    result.set("result", true)
    if isFailed { result.set("message", text(execution.message, parameters)) }
    let transaction = try build(call, parameters, feeLimit: feeLimit)
    var printed: [(key: String, value: JSON)] = [(key: "ret", value: [isFailed ? ["ret": "FAILED"] : [:]])]
    if case .object(let members) = TransactionJSON.built(transaction, visible: parameters.visible) {
      printed += members
    }
    var object = JSONObject()
    object.set("result", result.json)
    object.set("energy_used", nonZero: execution.energy)
    object.set("constant_result", [.string(Hex.encode(execution.output))])
    object.set("energy_penalty", nonZero: execution.penalty)
    object.set("logs", nonEmpty: execution.logs.map { TransactionInfoJSON.log($0, visible: false) })
    object.set("transaction", .object(printed))
    return object.json
  }

  private func build(
    _ call: ContractCall.Trigger, _ parameters: APIParameters, feeLimit: Int64
  ) throws(APIError) -> Transaction {
    try BuilderAPI(chain: chain).build(
      .trigger(call), type: ContractType.triggerSmartContract, parameters, feeLimit: feeLimit)
  }

  private func failure(_ message: String, _ parameters: APIParameters) -> JSON {
    ["result": ["code": "CONTRACT_VALIDATE_ERROR", "message": text(message, parameters)]]
  }

  private func text(_ text: String, _ parameters: APIParameters) -> JSON {
    .string(parameters.visible ? text : Hex.encode(text.utf8))
  }

  // MARK: Descriptions

  private func contract(_ parameters: APIParameters) throws(APIError) -> JSON {
    guard let contract = try parameters.address("value"), state.isToken(contract) else { return [:] }
    return description(contract, visible: parameters.visible)
  }

  private func contractInfo(_ parameters: APIParameters) throws(APIError) -> JSON {
    guard let contract = try parameters.address("value"), state.isToken(contract) else { return [:] }
    let cycle = top.timestampMs / 21_600_000
    return [
      "smart_contract": description(contract, visible: parameters.visible),
      "contract_state": ["energy_factor": .int(TokenEnergy.factor), "update_cycle": .int(cycle)],
    ]
  }

  private func description(_ contract: Address, visible: Bool) -> JSON {
    [
      "origin_address": .string(Witness.key.address.text(visible: visible)),
      "contract_address": .string(contract.text(visible: visible)),
      "abi": ["entrys": .array(TokenABI.entries)], "consume_user_resource_percent": 100, "name": "TetherToken",
      "origin_energy_limit": 10_000_000,
    ]
  }
}
