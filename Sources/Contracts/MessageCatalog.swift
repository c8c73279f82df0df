import BusKit

extension MessageCatalog {
  /// Every message of the system and the writers of each topic. Tests compare it with the sources and with what each
  /// service registers, so that nothing can be forgotten here.
  public static let energy = MessageCatalog(
    messages: [
      UserInput.self,
      PlaceOrder.self, CancelOrder.self, OrderDeadline.self, RentalEnded.self,
      HoldFunds.self, ReleaseHold.self, CaptureHold.self, BookOrderCost.self, CreditAccount.self, SaveAddress.self,
      RemoveAddress.self, SetDefaultAddress.self, AssignDepositAddress.self,
      CreditDeposit.self, CreditHeldDeposit.self, RefuseHeldDeposit.self, RetireDepositKey.self,
      ClearLedgerDifference.self, RebuildLedgerBalance.self, BeginLedgerEpoch.self,
      AdjustLedger.self, ApproveAdjustment.self, RejectAdjustment.self, CompareCustody.self,
      DelegateEnergy.self, WithdrawDelegation.self, ReclaimEnergy.self, AddSupplier.self, SetSigning.self,
      WatchAddresses.self, RescanBlocks.self, BroadcastTransaction.self,
      SetSupplierState.self, RefreshSupplier.self,
      RotateKeys.self, RetryDelegation.self, SettleLeg.self, ReclaimStray.self,
      ShowScreen.self, NotifyCustomer.self, CreateClient.self, OperatorActed.self,
      SetAlertSubscription.self,
      OrderChanged.self,
      FundsHeld.self, FundsRefused.self, HoldSettled.self, HoldContradicted.self, DepositCredited.self,
      UnexpectedWithdrawal.self,
      LedgerDifferenceFound.self,
      CustodyDiffers.self,
      DelegationSubmitted.self, DelegationConfirmed.self, DelegationReverted.self, DelegationFinal.self,
      DelegationFailed.self, DelegationReclaimed.self, PoolChanged.self, ReclaimOverdue.self,
      SupplierStateChanged.self, LedgerDiffers.self, ChainParametersChanged.self,
      DepositFound.self, DepositHeld.self, AddressesWatched.self, ChainRecordDiffers.self, StrayTransactionFound.self,
      OwnTransactionFound.self,
      GetPrices.self, GetQuote.self, GetOrder.self, ListOrders.self,
      GetBalance.self, GetAddresses.self, GetChainAccount.self, GetDepositAddress.self,
      GetDeposits.self, GetDepositStatus.self, ListDepositAddresses.self,
      VerifyLedger.self, GetLedgerStatement.self, GetLedgerChecks.self,
      ListAdjustments.self, GetCustody.self,
      GetSealingKey.self, GetPool.self, GetCapacity.self, GetLedgerDifferences.self,
      GetKeys.self, GetPermissions.self, GetDelegation.self,
      GetChainStatus.self, GetSolidBalances.self, GetTransactionReference.self, EstimateTokenTransfer.self,
      CommandResult.self, DepositAddressAnswer.self,
    ],
    writers: [
      Writers(.sessionCommands, [ServiceName.gateway]),
      Writers(.orderCommands, [ServiceName.gateway, ServiceName.session, ServiceName.order]),
      Writers(
        .walletCommands,
        [ServiceName.order, ServiceName.gateway, ServiceName.session, ServiceName.wallet, operatorName]),
      Writers(.txCommands, [ServiceName.order, ServiceName.wallet, operatorName]),
      Writers(
        .gatewayCommands,
        [
          ServiceName.gateway, ServiceName.session, ServiceName.wallet, ServiceName.order, ServiceName.tx,
          ServiceName.monitor, operatorName,
        ]),
      Writers(.monitorCommands, [ServiceName.session]),
      Writers(.orderEvents, [ServiceName.order]),
      Writers(.walletEvents, [ServiceName.wallet]),
      Writers(.txEvents, [ServiceName.tx]),
    ])

  /// The operator's command, which is no service but writes commands.
  private static let operatorName = "energyctl"
}

extension AsyncAPIDocument {
  /// The document of this system.
  public static func energy() throws -> AsyncAPIDocument {
    try AsyncAPIDocument(
      .energy, title: "TRON Energy Assistant", version: "1.0.0",
      description: "What crosses the bus: Redis Streams, one per topic and partition. Delivery is at least once; "
        + "handlers absorb repetitions by the message's id.")
  }
}
