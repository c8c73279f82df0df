extension ChainState {
  /// TriggerSmartContract. A call that fails inside the contract is no refusal: it is in a block, costs energy and
  /// changes nothing else.
  mutating func trigger(
    _ call: ContractCall.Trigger, feeLimit: Int64, context: TransactionContext, receipt: inout Receipt
  ) throws(Refusal) {
    let now = context.headTimestampMs
    guard let contract = Address(bytes: call.contract), isToken(contract) || forwarders.contains(contract) else {
      throw .validate("No contract or not a smart contract")
    }
    guard call.value >= 0 else { throw .validate("callValue must be >= 0") }
    guard call.tokenValue >= 0 else { throw .validate("tokenValue must be >= 0") }
    guard (0...parameters.maxFeeLimit).contains(feeLimit) else {
      throw .validate("feeLimit must be >= 0 and <= \(parameters.maxFeeLimit)")
    }
    guard let owner = Address(bytes: call.owner), var caller = accounts[owner] else {
      throw .validate("Invalid address")
    }
    guard call.value <= caller.balance else {
      throw .validate("Validate InternalTransfer error, balance is not sufficient.")
    }
    let energy = resources(.energy, of: caller, at: now)
    let staked = max(0, energy.limit - energy.used)
    // The fee limit bounds all energy that may be used, not only what is burned.
    let limit = min(
      staked + (caller.balance - call.value) / parameters.energyFee, feeLimit / parameters.energyFee)
    let (plan, outcome) = isToken(contract)
      ? run(call, of: contract, caller: owner, limit: limit) : (nil, forward(call, by: contract, limit: limit))

    var execution = outcome
    execution.energyUsage = min(execution.energy, staked)
    execution.energyFee = (execution.energy - execution.energyUsage) * parameters.energyFee
    if execution.energyUsage > 0 { caller.energy.meter.add(execution.energyUsage, at: now) }
    caller.balance -= execution.energyFee
    accounts[owner] = caller
    receipt.fee += execution.energyFee
    receipt.execution = execution
    if let plan { carryOut(plan) }
    for transfer in execution.transfers {
      accounts[owner]?.balance -= transfer.amount
      accounts[transfer.to, default: Account(address: transfer.to, createdAtMs: now)].balance += transfer.amount
    }
  }

  /// A contract that passes on the TRX it is called with: they arrive without a TransferContract, and a receiver that
  /// did not exist is activated.
  private func forward(_ call: ContractCall.Trigger, by contract: Address, limit: Int64) -> Execution {
    let to = Word(call.data.dropFirst(4).prefix(32)).address
    let receiver = to.flatMap { accounts[$0] }
    var execution = Execution(
      contract: contract, outcome: .success,
      energy: receiver == nil ? ForwarderEnergy.toNewAccount : ForwarderEnergy.toAccount)
    guard execution.energy <= limit else { return Self.outOfEnergy(execution, limit: limit) }
    guard let to, call.value > 0, call.tokenValue == 0,
      !(receiver?.balance ?? 0).addingReportingOverflow(call.value).overflow
    else {
      execution.outcome = .revert
      execution.message = "REVERT opcode executed"
      return execution
    }
    execution.transfers = [InternalTransfer(from: contract, to: to, amount: call.value)]
    return execution
  }

  /// All of the limit is lost.
  private static func outOfEnergy(_ execution: Execution, limit: Int64) -> Execution {
    var execution = execution
    execution.energy = limit
    execution.penalty = execution.penalty == 0 ? 0 : TokenEnergy.penalty(in: limit)
    execution.outcome = .outOfEnergy
    execution.message =
      "Not enough energy for 'SSTORE' operation executing: curInvokeEnergyLimit[\(limit)], curOpEnergy[5000], "
      + "penaltyEnergy[17000], usedEnergy[\(limit)]"
    return execution
  }

  /// What a node answers that runs the call without a transaction.
  func constantCall(_ call: ContractCall.Trigger) -> Execution {
    run(
      call, of: Address(bytes: call.contract) ?? usdtContract, caller: Address(bytes: call.owner) ?? .zero, limit: .max
    ).execution
  }

  /// - Returns: what to change, unless the call failed, and what it did.
  private func run(
    _ call: ContractCall.Trigger, of contract: Address, caller: Address, limit: Int64
  ) -> (plan: TokenPlan?, execution: Execution) {
    // No function of the contract takes TRX.
    let isPaid = call.value > 0 || call.tokenValue > 0
    let plan =
      isPaid
      ? .refused
      : contract == usdtContract
        ? tokenPlan(caller: caller, data: call.data)
        : counterfeitPlan(contract, caller: caller, data: call.data)
    var execution = Execution(contract: contract, outcome: .success, energy: plan.energy)
    execution.penalty = TokenEnergy.penalty(in: plan.energy)
    guard plan.energy <= limit else { return (nil, Self.outOfEnergy(execution, limit: limit)) }
    guard !plan.isRefused else {
      execution.outcome = .revert
      execution.message = "REVERT opcode executed"
      return (nil, execution)
    }
    execution.output = plan.output
    execution.logs = plan.logs
    return (plan, execution)
  }
}
