//! Plans of orders for scenes, mosaics and tasking.

use super::OrderPlan;
use crate::catalog::{Mosaic, Scene, Scenes};
use crate::products::DataProduct;

impl Scenes {
    /// Creates a plan to buy these scenes as a data product. Set the area, request the price, then
    /// place the plan.
    ///
    /// ```
    /// # use up42::{Aoi, Client};
    /// # use up42::catalog::Search;
    /// # let client = Client::simulator()?;
    /// # let aoi = Aoi::from_bbox([-17.50, 14.68, -17.46, 14.72])?.named("Dakar");
    /// # let search = Search::new(&aoi).collections(["phr"]).max_cloud_cover(20.0).limit(2);
    /// let scenes = client.catalog().search(&search)?;
    /// let product = client.data_product("phr/display")?;
    ///
    /// let order = scenes.order(&product).aoi(&aoi).param("pixelCoding", "8bits");
    /// let estimate = order.estimate()?;
    /// assert_eq!(estimate.len(), 2);
    ///
    /// let placed = order.max_credits(estimate.total()).place()?; // money is spent here only
    /// assert_eq!(placed.orders().len(), 2);
    /// # Ok::<(), up42::Error>(())
    /// ```
    #[doc(alias = "construct_order_parameters")]
    #[doc(alias = "place_order")]
    pub fn order(&self, product: &DataProduct) -> OrderPlan {
        OrderPlan::new(product, self.iter().cloned().collect())
    }
}

impl Scene {
    /// Creates a plan to buy this scene; see [`Scenes::order`].
    pub fn order(&self, product: &DataProduct) -> OrderPlan {
        OrderPlan::new(product, vec![self.clone()])
    }
}

impl Mosaic {
    /// Creates a plan to buy the scenes of the mosaic, each for its own part of the area only; see
    /// [`Scenes::order`].
    ///
    /// ```
    /// # use up42::{Aoi, Client};
    /// # use up42::catalog::Search;
    /// # let client = Client::simulator()?;
    /// # let aoi = Aoi::from_bbox([-17.55, 14.55, -17.15, 14.95])?;
    /// # let search = Search::new(&aoi).between("2019-01-01", "2019-12-31").collections(["phr"]);
    /// let mosaic = client.catalog().search(search)?.mosaic(&aoi)?;
    /// let estimate = mosaic.order(&client.data_product("phr/display")?).estimate()?;
    /// assert_eq!(estimate.len(), mosaic.parts().len());
    /// # Ok::<(), up42::Error>(())
    /// ```
    pub fn order(&self, product: &DataProduct) -> OrderPlan {
        let parts = self.parts().iter().map(|part| part.geometry.clone()).collect();
        let scenes = self.parts().iter().map(|part| part.scene.clone()).collect();
        OrderPlan::new(product, scenes).of_parts(parts)
    }
}

impl DataProduct {
    /// Creates a plan without scenes, for an image that is yet to be acquired. The dates are
    /// parameters of the data product.
    ///
    /// ```
    /// # use up42::{Aoi, Client};
    /// # let client = Client::simulator()?;
    /// # let aoi = Aoi::from_bbox([-17.50, 14.68, -17.46, 14.72])?;
    /// let task = client.data_product("phr-tasking/standard")?.order().aoi(&aoi);
    /// let error = task.estimate().unwrap_err();
    /// assert!(error.to_string().contains("parameter `acquisitionStart` is missing"));
    ///
    /// let task = task.param("acquisitionStart", "2026-12-01T00:00:00Z").param("acquisitionEnd", "2026-12-31T00:00:00Z");
    /// assert_eq!(task.place()?.orders().len(), 1);
    /// # Ok::<(), up42::Error>(())
    /// ```
    pub fn order(&self) -> OrderPlan {
        OrderPlan::new(self, Vec::new())
    }
}
