import BusKit
import Contracts
import Foundation
import TronKit

/// Messages of order-svc on the wire.
enum OrderGoldens {
  static func all() throws -> [Golden] {
    [
      try Golden(
        "order.PlaceOrder v1 in order.commands by ord_0123456789abcdef0123456789abcdef",
        PlaceOrder(
          order: Samples.order, customer: Samples.customer, origin: .telegram, receiver: Samples.receiver,
          energy: Energy(65_000), durationSeconds: 3_600, priceMax: Sun(3_900_000)),
        #"""
        {"customer":"cus_0123456789abcdef0123456789abcdef","durationSeconds":3600,"energy":65000\#
        ,"order":"ord_0123456789abcdef0123456789abcdef","origin":"telegram","priceMax":3900000\#
        ,"receiver":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"}
        """#),
      try Golden(
        "order.PlaceOrder v1 in order.commands by ord_0123456789abcdef0123456789abcdef",
        PlaceOrder(
          order: Samples.order, customer: Samples.customer, origin: .rest, receiver: Samples.receiver,
          energy: Energy(65_000), durationSeconds: 3_600, priceMax: nil),
        #"""
        {"customer":"cus_0123456789abcdef0123456789abcdef","durationSeconds":3600,"energy":65000\#
        ,"order":"ord_0123456789abcdef0123456789abcdef","origin":"rest"\#
        ,"receiver":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"}
        """#),
      try Golden(
        "order.CancelOrder v1 in order.commands by ord_0123456789abcdef0123456789abcdef",
        CancelOrder(order: Samples.order, customer: Samples.customer),
        #"""
        {"customer":"cus_0123456789abcdef0123456789abcdef","order":"ord_0123456789abcdef0123456789abcdef"}
        """#),
      try Golden(
        "order.OrderDeadline v1 in order.commands by ord_0123456789abcdef0123456789abcdef",
        OrderDeadline(order: Samples.order, seq: 3),
        #"""
        {"order":"ord_0123456789abcdef0123456789abcdef","seq":3}
        """#),
      try Golden(
        "order.RentalEnded v1 in order.commands by ord_0123456789abcdef0123456789abcdef",
        RentalEnded(order: Samples.order, endsAt: Samples.time),
        #"""
        {"endsAt":"2026-09-21T14:13:20.123Z","order":"ord_0123456789abcdef0123456789abcdef"}
        """#),
      try Golden(
        "order.OrderChanged v1 in order.events by ord_0123456789abcdef0123456789abcdef",
        OrderChanged(order: try Samples.view(), previous: .delivered, seq: 4),
        #"""
        {"order":{"createdAt":"2026-09-21T14:13:20.123Z","customer":"cus_0123456789abcdef0123456789abcdef"\#
        ,"delegateTxIDs":["abababababababababababababababababababababababababababababababab"]\#
        ,"deliveredAt":"2026-09-21T14:13:23.123Z","durationSeconds":3600,"endsAt":"2026-09-21T15:13:23.123Z"\#
        ,"energy":65000,"id":"ord_0123456789abcdef0123456789abcdef","origin":"rest","price":3900000\#
        ,"receiver":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"\#
        ,"reclaimTxIDs":["cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"],"state":"active"\#
        ,"updatedAt":"2026-09-21T14:14:20.123Z"},"previous":"delivered","seq":4}
        """#),
      try Golden(
        "order.OrderChanged v1 in order.events by ord_0123456789abcdef0123456789abcdef",
        OrderChanged(order: try Samples.view(failure: .poolEmpty), previous: nil, seq: 1),
        #"""
        {"order":{"createdAt":"2026-09-21T14:13:20.123Z","customer":"cus_0123456789abcdef0123456789abcdef"\#
        ,"delegateTxIDs":["abababababababababababababababababababababababababababababababab"]\#
        ,"deliveredAt":"2026-09-21T14:13:23.123Z","durationSeconds":3600,"endsAt":"2026-09-21T15:13:23.123Z"\#
        ,"energy":65000,"failure":"pool_empty","id":"ord_0123456789abcdef0123456789abcdef","origin":"rest"\#
        ,"price":3900000,"receiver":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"\#
        ,"reclaimTxIDs":["cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"],"state":"active"\#
        ,"updatedAt":"2026-09-21T14:14:20.123Z"},"seq":1}
        """#),
      try Golden(
        "order.OrderChanged v1 in order.events by ord_0123456789abcdef0123456789abcdef",
        OrderChanged(order: try Samples.view(seq: 4), previous: .delivered, seq: 4),
        #"""
        {"order":{"createdAt":"2026-09-21T14:13:20.123Z","customer":"cus_0123456789abcdef0123456789abcdef"\#
        ,"delegateTxIDs":["abababababababababababababababababababababababababababababababab"]\#
        ,"deliveredAt":"2026-09-21T14:13:23.123Z","durationSeconds":3600,"endsAt":"2026-09-21T15:13:23.123Z"\#
        ,"energy":65000,"id":"ord_0123456789abcdef0123456789abcdef","origin":"rest","price":3900000\#
        ,"receiver":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"\#
        ,"reclaimTxIDs":["cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"],"seq":4\#
        ,"state":"active","updatedAt":"2026-09-21T14:14:20.123Z"},"previous":"delivered","seq":4}
        """#),
      try Golden(
        "order.GetPrices v1 in order.queries by prices",
        GetPrices(),
        #"""
        {}
        """#),
      try Golden(
        "order.GetQuote v1 in order.queries by quote",
        GetQuote(energy: Energy(65_000), durationSeconds: 3_600),
        #"""
        {"durationSeconds":3600,"energy":65000}
        """#),
      try Golden(
        "order.GetOrder v1 in order.queries by ord_0123456789abcdef0123456789abcdef",
        GetOrder(order: Samples.order, customer: Samples.customer),
        #"""
        {"customer":"cus_0123456789abcdef0123456789abcdef","order":"ord_0123456789abcdef0123456789abcdef"}
        """#),
      try Golden(
        "order.ListOrders v1 in order.queries by cus_0123456789abcdef0123456789abcdef",
        ListOrders(customer: Samples.customer, limit: 20, startingAfter: Samples.order),
        #"""
        {"customer":"cus_0123456789abcdef0123456789abcdef","limit":20\#
        ,"startingAfter":"ord_0123456789abcdef0123456789abcdef"}
        """#),
      try Golden(
        answer: "PriceList",
        PriceList(products: [Samples.product], asOf: Samples.time),
        #"""
        {"asOf":"2026-09-21T14:13:20.123Z","products":[{"durationSeconds":3600,"energyMax":10000000\#
        ,"energyMin":32000,"id":"1h","sunPerEnergy":60}]}
        """#),
      try Golden(
        answer: "Quote",
        Quote(product: Samples.product, energy: Energy(65_000), price: Sun(3_900_000)),
        #"""
        {"energy":65000,"price":3900000,"product":{"durationSeconds":3600,"energyMax":10000000,"energyMin":32000\#
        ,"id":"1h","sunPerEnergy":60}}
        """#),
      try Golden(
        answer: "OrderPage",
        OrderPage(orders: [try Samples.view()], hasMore: true),
        #"""
        {"hasMore":true,"orders":[{"createdAt":"2026-09-21T14:13:20.123Z"\#
        ,"customer":"cus_0123456789abcdef0123456789abcdef"\#
        ,"delegateTxIDs":["abababababababababababababababababababababababababababababababab"]\#
        ,"deliveredAt":"2026-09-21T14:13:23.123Z","durationSeconds":3600,"endsAt":"2026-09-21T15:13:23.123Z"\#
        ,"energy":65000,"id":"ord_0123456789abcdef0123456789abcdef","origin":"rest","price":3900000\#
        ,"receiver":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"\#
        ,"reclaimTxIDs":["cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"],"state":"active"\#
        ,"updatedAt":"2026-09-21T14:14:20.123Z"}]}
        """#),
    ]
  }
}
