import BusKit
import Contracts
import TronKit

/// Saved addresses, and the question for many addresses, on the wire.
enum AddressGoldens {
  static func all() throws -> [Golden] {
    [
      try Golden(
        "wallet.SaveAddress v1 in wallet.commands by cus_0123456789abcdef0123456789abcdef",
        SaveAddress(customer: Samples.customer, address: Samples.receiver, label: "shop"),
        #"""
        {"address":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t","customer":"cus_0123456789abcdef0123456789abcdef"\#
        ,"label":"shop"}
        """#),
      try Golden(
        "wallet.SaveAddress v1 in wallet.commands by cus_0123456789abcdef0123456789abcdef",
        SaveAddress(customer: Samples.customer, address: Samples.receiver, label: "shop", renamesOnly: true),
        #"""
        {"address":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t","customer":"cus_0123456789abcdef0123456789abcdef"\#
        ,"label":"shop","renamesOnly":true}
        """#),
      try Golden(
        "wallet.RemoveAddress v1 in wallet.commands by cus_0123456789abcdef0123456789abcdef",
        RemoveAddress(customer: Samples.customer, address: Samples.receiver),
        #"""
        {"address":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t","customer":"cus_0123456789abcdef0123456789abcdef"}
        """#),
      try Golden(
        "wallet.SetDefaultAddress v1 in wallet.commands by cus_0123456789abcdef0123456789abcdef",
        SetDefaultAddress(customer: Samples.customer, address: Samples.receiver),
        #"""
        {"address":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t","customer":"cus_0123456789abcdef0123456789abcdef"}
        """#),
      try Golden(
        "wallet.GetAddresses v1 in wallet.queries by cus_0123456789abcdef0123456789abcdef",
        GetAddresses(customer: Samples.customer),
        #"""
        {"customer":"cus_0123456789abcdef0123456789abcdef"}
        """#),
      try Golden(
        answer: "SavedAddresses",
        SavedAddresses(addresses: [SavedAddress(address: Samples.receiver, label: "shop")]),
        #"""
        {"addresses":[{"address":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t","label":"shop"}]}
        """#),
      try Golden(
        answer: "SavedAddress",
        SavedAddress(address: Samples.receiver, label: "shop", isDefault: true),
        #"""
        {"address":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t","isDefault":true,"label":"shop"}
        """#),
    ]
  }
}
