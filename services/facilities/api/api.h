#pragma once

#include "common/resource/resource.h"
#include "common/service/runtime.h"
#include "edudelta/facilities/v1/facilities.grpc.pb.h"

namespace edudelta::facilities::api {

// One line per method: the index of the service. Methods without a body here are in api.cc.
class FacilitiesApi final : public v1::FacilitiesService::CallbackService {
 public:
  // `runtime` outlives this.
  explicit FacilitiesApi(service::Runtime& runtime);

  using Context = grpc::CallbackServerContext;
  using Unary = grpc::ServerUnaryReactor;

  Unary* GetBuilding(Context* c, const v1::GetBuildingRequest* q, v1::Building* r) override {
    return buildings_.Get(c, q, r);
  }
  Unary* ListBuildings(Context* c, const v1::ListBuildingsRequest* q, v1::ListBuildingsResponse* r) override {
    return buildings_.List(c, q, r);
  }
  Unary* CreateBuilding(Context* c, const v1::CreateBuildingRequest* q, v1::Building* r) override {
    return buildings_.Create(c, q, r);
  }
  Unary* BatchCreateBuildings(Context* c,
                              const v1::BatchCreateBuildingsRequest* q, v1::BatchCreateBuildingsResponse* r) override {
    return buildings_.BatchCreate(c, q, r);
  }
  Unary* UpdateBuilding(Context* c, const v1::UpdateBuildingRequest* q, v1::Building* r) override {
    return buildings_.Update(c, q, r);
  }
  Unary* DeleteBuilding(Context* c, const v1::DeleteBuildingRequest* q, google::protobuf::Empty* r) override {
    return buildings_.Delete(c, q, r);
  }
  grpc::ServerReadReactor<v1::ImportBuildingsRequest>* ImportBuildings(Context* c,
                                                            resource::v1::ImportResponse* r) override {
    return buildings_.Import<v1::ImportBuildingsRequest>(c, r);
  }
  grpc::ServerWriteReactor<v1::ListBuildingsResponse>* ExportBuildings(Context* c,
                                                            const v1::ExportBuildingsRequest* q) override {
    return buildings_.Export<v1::ListBuildingsResponse>(c, q);
  }
  Unary* GetRoom(Context* c, const v1::GetRoomRequest* q, v1::Room* r) override { return rooms_.Get(c, q, r); }
  Unary* ListRooms(Context* c, const v1::ListRoomsRequest* q, v1::ListRoomsResponse* r) override {
    return rooms_.List(c, q, r);
  }
  Unary* CreateRoom(Context* c, const v1::CreateRoomRequest* q, v1::Room* r) override { return rooms_.Create(c, q, r); }
  Unary* BatchCreateRooms(Context* c, const v1::BatchCreateRoomsRequest* q, v1::BatchCreateRoomsResponse* r) override {
    return rooms_.BatchCreate(c, q, r);
  }
  Unary* UpdateRoom(Context* c, const v1::UpdateRoomRequest* q, v1::Room* r) override { return rooms_.Update(c, q, r); }
  Unary* DeleteRoom(Context* c, const v1::DeleteRoomRequest* q, google::protobuf::Empty* r) override {
    return rooms_.Delete(c, q, r);
  }
  grpc::ServerReadReactor<v1::ImportRoomsRequest>* ImportRooms(Context* c, resource::v1::ImportResponse* r) override {
    return rooms_.Import<v1::ImportRoomsRequest>(c, r);
  }
  grpc::ServerWriteReactor<v1::ListRoomsResponse>* ExportRooms(Context* c, const v1::ExportRoomsRequest* q) override {
    return rooms_.Export<v1::ListRoomsResponse>(c, q);
  }
  Unary* GetSportsGround(Context* c, const v1::GetSportsGroundRequest* q, v1::SportsGround* r) override {
    return sports_grounds_.Get(c, q, r);
  }
  Unary* ListSportsGrounds(Context* c,
                           const v1::ListSportsGroundsRequest* q, v1::ListSportsGroundsResponse* r) override {
    return sports_grounds_.List(c, q, r);
  }
  Unary* CreateSportsGround(Context* c, const v1::CreateSportsGroundRequest* q, v1::SportsGround* r) override {
    return sports_grounds_.Create(c, q, r);
  }
  Unary* BatchCreateSportsGrounds(Context* c,
                                  const v1::BatchCreateSportsGroundsRequest* q, v1::BatchCreateSportsGroundsResponse* r) override {
    return sports_grounds_.BatchCreate(c, q, r);
  }
  Unary* UpdateSportsGround(Context* c, const v1::UpdateSportsGroundRequest* q, v1::SportsGround* r) override {
    return sports_grounds_.Update(c, q, r);
  }
  Unary* DeleteSportsGround(Context* c, const v1::DeleteSportsGroundRequest* q, google::protobuf::Empty* r) override {
    return sports_grounds_.Delete(c, q, r);
  }
  grpc::ServerReadReactor<v1::ImportSportsGroundsRequest>* ImportSportsGrounds(Context* c,
                                                            resource::v1::ImportResponse* r) override {
    return sports_grounds_.Import<v1::ImportSportsGroundsRequest>(c, r);
  }
  grpc::ServerWriteReactor<v1::ListSportsGroundsResponse>* ExportSportsGrounds(Context* c,
                                                            const v1::ExportSportsGroundsRequest* q) override {
    return sports_grounds_.Export<v1::ListSportsGroundsResponse>(c, q);
  }
  Unary* GetEquipmentHolding(Context* c, const v1::GetEquipmentHoldingRequest* q, v1::EquipmentHolding* r) override {
    return equipment_holdings_.Get(c, q, r);
  }
  Unary* ListEquipmentHoldings(Context* c,
                               const v1::ListEquipmentHoldingsRequest* q, v1::ListEquipmentHoldingsResponse* r) override {
    return equipment_holdings_.List(c, q, r);
  }
  Unary* CreateEquipmentHolding(Context* c,
                                const v1::CreateEquipmentHoldingRequest* q, v1::EquipmentHolding* r) override {
    return equipment_holdings_.Create(c, q, r);
  }
  Unary* BatchCreateEquipmentHoldings(Context* c,
                                      const v1::BatchCreateEquipmentHoldingsRequest* q, v1::BatchCreateEquipmentHoldingsResponse* r) override {
    return equipment_holdings_.BatchCreate(c, q, r);
  }
  Unary* UpdateEquipmentHolding(Context* c,
                                const v1::UpdateEquipmentHoldingRequest* q, v1::EquipmentHolding* r) override {
    return equipment_holdings_.Update(c, q, r);
  }
  Unary* DeleteEquipmentHolding(Context* c,
                                const v1::DeleteEquipmentHoldingRequest* q, google::protobuf::Empty* r) override {
    return equipment_holdings_.Delete(c, q, r);
  }
  grpc::ServerReadReactor<v1::ImportEquipmentHoldingsRequest>* ImportEquipmentHoldings(Context* c,
                                                            resource::v1::ImportResponse* r) override {
    return equipment_holdings_.Import<v1::ImportEquipmentHoldingsRequest>(c, r);
  }
  grpc::ServerWriteReactor<v1::ListEquipmentHoldingsResponse>* ExportEquipmentHoldings(Context* c,
                                                            const v1::ExportEquipmentHoldingsRequest* q) override {
    return equipment_holdings_.Export<v1::ListEquipmentHoldingsResponse>(c, q);
  }
  Unary* SummarizeFacilities(Context* c, const v1::SummarizeFacilitiesRequest* q, v1::SummarizeFacilitiesResponse* r) override;

 private:
  service::Runtime& runtime_;
  resource::Resource<v1::Building> buildings_;
  resource::Resource<v1::Room> rooms_;
  resource::Resource<v1::SportsGround> sports_grounds_;
  resource::Resource<v1::EquipmentHolding> equipment_holdings_;
};

}  // namespace edudelta::facilities::api
